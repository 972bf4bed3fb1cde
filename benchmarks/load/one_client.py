"""One client that sends a request, waits for the answer, and sends the next."""

from __future__ import annotations

import socket
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from benchmarks.load.wire import HOST

_SILENCE = 30.0  # seconds
_PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, and the milliseconds from the first byte of its request to its own last."""

    took: float
    status: int
    body: bytes


def ask(port: int, requests: Iterable[bytes], *, statuses: Collection[int]) -> list[Reply]:
    """Send requests over one connection; raises AssertionError for an answer of another status."""
    with socket.create_connection((HOST, port), timeout=_SILENCE) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        replies = [_exchange(line, each) for each in requests]
    seen = {reply.status for reply in replies}
    assert seen <= set(statuses), f"answers of {sorted(seen)}"
    return replies


def _exchange(line: socket.socket, request: bytes) -> Reply:
    received = bytearray()
    began = time.perf_counter()
    line.sendall(request)
    while True:
        piece = line.recv(_PIECE)
        assert piece, "the server has closed a connection"
        received += piece
        head, found, body = bytes(received).partition(b"\r\n\r\n")
        if found and len(body) >= _length(head):
            took = (time.perf_counter() - began) * 1000
            return Reply(took, int(head[9:12]), body)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0
