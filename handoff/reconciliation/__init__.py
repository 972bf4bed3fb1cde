"""Which order was reference X: the ledger held against the shop's orders.

Knows nothing of Flask.
"""
