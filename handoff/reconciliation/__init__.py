"""Finds the order that each handoff led to, and the differences between order and bag.

The package does not use Flask.
"""
