"""Direct entry: the app's web view brings the quote itself, and is let in at once."""
