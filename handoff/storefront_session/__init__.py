"""Shop sessions that the shop's own pages make, if its session store cannot be reached.

Only guests' bags can be put into a session in this way.
"""
