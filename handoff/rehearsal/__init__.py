"""A rehearsal: what app and shopper do, through the running service. Knows nothing of Flask."""
