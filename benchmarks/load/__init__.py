"""Send requests: from many clients, from one client, or at a constant rate."""
