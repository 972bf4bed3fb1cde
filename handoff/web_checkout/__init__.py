"""Web checkout: from the shop's checkout back to the app.

The shop's pages load one script from here. It tells the app about totals and the order, and asks
this package which orders it may report.
"""
