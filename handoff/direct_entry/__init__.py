"""Direct entry: the web view brings the quote itself and goes to checkout in one request."""
