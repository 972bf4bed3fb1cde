"""The server of the sandbox closes what it sends, whatever its clients do."""

from __future__ import annotations

import socket
import struct
from queue import SimpleQueue
from threading import Event
from wsgiref.types import StartResponse, WSGIEnvironment

from tests.running_servers import HOST, free_port, serve_in_thread

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class PictureResponse:
    """A response of two parts. The client resets the connection after the first."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._parts = iter((b"first", b"second"))
        self.closed = Event()

    def __iter__(self) -> PictureResponse:
        return self

    def __next__(self) -> bytes:
        part = next(self._parts)
        if part == b"second":
            self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            self._client.close()
            raise StopIteration
        return part

    def close(self) -> None:
        self.closed.set()


def test_a_response_is_closed_even_if_its_client_disconnects() -> None:
    port = free_port()
    responses: SimpleQueue[PictureResponse] = SimpleQueue()

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> PictureResponse:
        start_response("200 OK", [("Content-Length", "5")])
        response = PictureResponse(client)
        responses.put(response)
        return response

    with serve_in_thread(app, port):
        client = socket.create_connection((HOST, port), timeout=10)
        client.sendall(b"GET /picture HTTP/1.1\r\nHost: localhost\r\n\r\n")
        response = responses.get(timeout=10)
        assert response.closed.wait(10)
