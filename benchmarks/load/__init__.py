"""Sending requests: many clients at once, or one that waits for each answer."""
