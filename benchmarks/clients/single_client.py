"""One client that sends a request, waits for the response, and sends the next request."""

from __future__ import annotations

import socket
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from benchmarks.clients.raw_http import HOST, read_content_length

_TIMEOUT = 30.0  # seconds
_CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class TimedResponse:
    """A response, and the milliseconds from the first byte of the request to its own last."""

    milliseconds: float
    status: int
    body: bytes


def send_all(
    port: int, requests: Iterable[bytes], *, statuses: Collection[int]
) -> list[TimedResponse]:
    """Send requests over one connection; raises AssertionError for another status."""
    with socket.create_connection((HOST, port), timeout=_TIMEOUT) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        responses = [_exchange(connection, request) for request in requests]
    seen = {response.status for response in responses}
    assert seen <= set(statuses), f"responses with status {sorted(seen)}"
    return responses


def _exchange(connection: socket.socket, request: bytes) -> TimedResponse:
    received = bytearray()
    started = time.perf_counter()
    connection.sendall(request)
    while True:
        chunk = connection.recv(_CHUNK)
        assert chunk, "the server has closed a connection"
        received += chunk
        head, is_complete, body = bytes(received).partition(b"\r\n\r\n")
        if is_complete and len(body) >= read_content_length(head):
            milliseconds = (time.perf_counter() - started) * 1000
            return TimedResponse(milliseconds, int(head[9:12]), body)
