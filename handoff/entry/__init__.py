"""Entry: the pages and redirects that a web view gets when it opens a link."""
