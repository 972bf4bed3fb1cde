"""The service in this process: quick to start with settings of its own, its clock can be turned."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import make_server

from tests.running import HOST


@contextmanager
def serving(app: Flask, port: int) -> Iterator[None]:
    """Answer on a port of this machine as long as the context lasts."""
    server = make_server(HOST, port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
