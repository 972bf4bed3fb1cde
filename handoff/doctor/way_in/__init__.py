"""Whether a shopper gets from our link into the shop's own session."""
