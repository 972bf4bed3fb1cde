"""Direct entry: the web view itself posts the quote, and the response redirects to checkout."""
