"""The cases that are measured. Each runs on its own and returns its findings."""
