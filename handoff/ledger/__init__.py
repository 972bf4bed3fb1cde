"""The ledger: one row for each handoff, from the transfer to the order.

The package does not use Flask. All it knows about the shop are numbers.
"""
