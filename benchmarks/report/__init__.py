"""The results: figures, tables and the page that holds them."""
