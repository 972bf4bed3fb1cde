"""What `handoff init` knows of a shop, its host and its files, without any question to people."""
