"""How fast the service is, beside what Flask takes for nothing at all: `python -m benchmarks`."""
