"""`handoff doctor`: checks whether a shop is ready for transfers, and finds the obstacles.

The runner goes through the checklist. Each check asks the CheckContext for the facts that it
needs, and returns results. The report modules show them. Nothing here imports Flask.
"""
