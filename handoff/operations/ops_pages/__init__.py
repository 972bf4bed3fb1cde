"""The ops pages: what a support desk sees of handoffs, on an address of their own.

`create_ops_app` in `ops_app.py` makes an app that has no address in common with the service's app.
"""
