"""Finds out which order each handoff led to, and in what the order differs from the bag.

Knows nothing of Flask.
"""
