"""The checks: each file checks one topic, and none knows how results are shown.

A check is a function that looks at the CheckContext and returns one or several results.
"""
