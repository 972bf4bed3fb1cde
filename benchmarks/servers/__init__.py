"""The servers of a benchmark: each listens on a free port and is stopped afterwards."""
