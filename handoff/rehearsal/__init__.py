"""A rehearsal: acts as the app and the shopper at a staging shop, through the service."""
