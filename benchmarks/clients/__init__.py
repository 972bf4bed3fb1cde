"""Send requests: from many clients, from one client, at a constant rate, or as shoppers do."""
