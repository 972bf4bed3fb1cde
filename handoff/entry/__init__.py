"""What the web view opens: a page that is safe to look at, and the POST that lets one in."""
