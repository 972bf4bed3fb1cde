"""A server on this machine that answers as a test wants it to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer, ThreadingUnixStreamServer
from threading import Thread
from typing import Any

from tests.running_servers import HOST


@contextmanager
def serve(
    handle: Callable[[StreamRequestHandler], object], path: Path | None = None
) -> Iterator[int]:
    """Serve on a free port, or on a Unix socket, and return the port.

    `handle` is called for each connection, in a thread of its own.
    """

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            handle(self)

    listener: Any
    if path:
        listener = ThreadingUnixStreamServer(str(path), Handler)
    else:
        listener = ThreadingTCPServer((HOST, 0), Handler)
    listener.daemon_threads = True
    listener.block_on_close = False
    with listener:
        Thread(target=listener.serve_forever, args=(0.05,), daemon=True).start()
        yield 0 if path else listener.server_address[1]
        listener.shutdown()
