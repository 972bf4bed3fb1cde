"""A load generator: so many clients, each with a connection kept alive, share a list of requests.

One thread and one selector, so that the generator takes little of the machine that it measures.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

HOST = "127.0.0.1"
_SILENCE = 30.0  # seconds without any answer, after which a run is given up
_PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, and the seconds from the first byte of its request to its own last."""

    seconds: float
    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Run:
    """What came back, in the order of the requests, and how long all of it took."""

    replies: list[Reply]
    seconds: float


@dataclass(slots=True)
class _Client:
    line: socket.socket
    index: int = 0
    began: float = 0.0
    received: bytearray = field(default_factory=bytearray)


def request(method: str, path: str, *headers: tuple[str, str], body: bytes = b"") -> bytes:
    """Return an HTTP request as bytes, for a connection that is kept alive."""
    lines = [f"{method} {path} HTTP/1.1", "Host: shop.example"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def drive(port: int, requests: Sequence[bytes], *, clients: int) -> Run:
    """Send all requests, each client one after the other, and return all answers."""
    replies: list[Reply | None] = [None] * len(requests)
    waiting = iter(enumerate(requests))
    began = time.perf_counter()
    with selectors.DefaultSelector() as selector:
        for _ in range(min(clients, len(requests))):
            line = socket.create_connection((HOST, port), timeout=_SILENCE)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client = _Client(line)
            selector.register(line, selectors.EVENT_READ, client)
            _send_next(client, waiting)
        while selector.get_map():
            ready = selector.select(_SILENCE)
            if not ready:
                raise TimeoutError("the server has fallen silent")
            for key, _ in ready:
                reply = _receive(key.data)
                if reply is None:
                    continue
                replies[key.data.index] = reply
                if not _send_next(key.data, waiting):
                    selector.unregister(key.data.line)
                    key.data.line.close()
    done = [reply for reply in replies if reply is not None]
    return Run(done, time.perf_counter() - began)


def _send_next(client: _Client, waiting: Iterator[tuple[int, bytes]]) -> bool:
    following = next(waiting, None)
    if following is None:
        return False
    client.index, data = following
    client.received.clear()
    client.began = time.perf_counter()
    client.line.sendall(data)
    return True


def _receive(client: _Client) -> Reply | None:
    """Read what there is, and return the answer once it is whole."""
    piece = client.line.recv(_PIECE)
    if not piece:
        raise ConnectionError("the server has closed a connection")
    client.received += piece
    head, found, body = bytes(client.received).partition(b"\r\n\r\n")
    if not found or len(body) < _length(head):
        return None
    seconds = time.perf_counter() - client.began
    return Reply(seconds, int(head[9:12]), body)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0
