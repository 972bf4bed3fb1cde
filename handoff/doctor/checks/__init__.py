"""The checks: each file checks one topic, and knows nothing of how results are shown.

A check is a function that looks at the CheckContext and returns one or several results.
"""
