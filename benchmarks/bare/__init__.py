"""What Flask itself takes, and what it takes with the same writes and calls."""
