"""A faulty shop: a small HTTP server on loopback whose behaviour a test sets."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOST = "127.0.0.1"
_PIECE = 64 * 1024
_LONGEST = 15.0  # seconds; no answer of a test takes longer, whatever goes wrong


@dataclass(slots=True)
class Call:
    """A request that the shop got, and the connection to its caller."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    line: socket.socket
    ending: threading.Event
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None
    sent: int = 0
    kept_alive: bool = True

    @property
    def json(self) -> Any:
        """The body that came in."""
        return json.loads(self.body)

    def send(self, data: bytes) -> None:
        """Send bytes as they are; raises OSError once the caller has gone."""
        for start in range(0, len(data), _PIECE):
            piece = data[start : start + _PIECE]
            self.line.sendall(piece)
            self.sent += len(piece)

    def drip(self, data: bytes, *, every: float) -> None:
        """Send one byte at a time, for 15 seconds at most."""
        for byte in data:
            if time.monotonic() - self.began > _LONGEST or self.wait(every):
                self.hang_up()
                return
            self.send(bytes([byte]))

    def wait(self, seconds: float) -> bool:
        """Wait, and return whether the server has been told to stop."""
        return self.ending.wait(min(seconds, _LONGEST))

    def hang_up(self) -> None:
        """Close the connection after what has been sent."""
        self.kept_alive = False

    def reset(self) -> None:
        """Reset the connection, as a crashed process does."""
        self.kept_alive = False
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


Behaviour = Callable[[Call], None]


@dataclass(slots=True)
class FaultyShop:
    """A running faulty shop. `calls` are the requests that it got, in their order."""

    url: str
    behaviour: Behaviour
    calls: list[Call] = field(default_factory=list)

    def paths(self) -> list[str]:
        """Return method and path of every call, without the query."""
        return [f"{call.method} {call.path.partition('?')[0]}" for call in self.calls]


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for them
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__((HOST, 0), _Handler)
        self.ending = threading.Event()
        self.lines: set[socket.socket] = set()
        self.shop = FaultyShop(f"http://{HOST}:{self.server_port}", lambda call: call.hang_up())

    def shutdown_request(self, request: Any) -> None:
        """Close without a FIN, so that a reset is one."""
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: the tests expect callers that are gone."""

    def close(self) -> None:
        """Stop all threads and wait for them."""
        self.ending.set()
        self.shutdown()
        for line in list(self.lines):
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _LONGEST
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server.lines.add(self.connection)

    def finish(self) -> None:
        self.server.lines.discard(self.connection)
        super().finish()

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        call = Call(
            method=self.command,
            path=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
            line=self.connection,
            ending=self.server.ending,
        )
        self.server.shop.calls.append(call)
        try:
            self.server.shop.behaviour(call)
        except OSError:
            call.kept_alive = False
        finally:
            call.ended = time.monotonic()
        self.close_connection = not call.kept_alive

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET

    def log_message(self, *_args: object) -> None:
        """Keep quiet."""


@contextmanager
def faulty_shop(behaviour: Behaviour) -> Iterator[FaultyShop]:
    """Run a shop that answers every call with a behaviour; no thread of it is left afterwards."""
    server = _Server()
    server.shop.behaviour = behaviour
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="faulty shop")
    thread.start()
    try:
        yield server.shop
    finally:
        server.close()
        thread.join()
