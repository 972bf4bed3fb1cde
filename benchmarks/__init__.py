"""Measure the speed of the service, next to minimal Flask views: `python -m benchmarks`."""
