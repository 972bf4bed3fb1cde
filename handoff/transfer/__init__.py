"""The endpoints for Poq.

One accepts a bag or a quote and returns an instruction, the other says what became of a transfer.
"""
