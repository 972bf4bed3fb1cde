"""`handoff init`: finds out what a shop needs, and writes the files of an installation."""
