"""A server in a thread of this process, for the stand-in shop, the phone and tests."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.serving import make_server

HOST = "127.0.0.1"
_POLL_INTERVAL = 0.02  # seconds; the server notices within it that it should stop


@contextmanager
def serve_in_thread(app: WSGIApplication, port: int) -> Iterator[None]:
    """Answer requests at a port of this machine while the context lasts."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server(HOST, port, close_dropped_responses(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_INTERVAL,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def close_dropped_responses(app: WSGIApplication) -> WSGIApplication:
    """Return an application whose responses close their files whatever the client does.

    werkzeug's server does not close a response if the client resets the connection. It discards
    the response, and Python closes a generator that is discarded.
    """

    def call(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        response = app(environ, start_response)
        try:
            yield from response
        finally:
            if hasattr(response, "close"):
                response.close()

    return call
