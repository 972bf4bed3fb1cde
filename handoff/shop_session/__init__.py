"""The shop's own web sessions: their contents, and the stores to which they are written."""
