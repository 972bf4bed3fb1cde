"""A rehearsal: does at a staging shop what the app and the shopper do, through the service."""
