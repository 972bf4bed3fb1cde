"""What the people who run the service need: logs, health, and failures that say little."""
