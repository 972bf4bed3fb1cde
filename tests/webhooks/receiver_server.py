"""A receiver of webhooks on this machine, which can be made to misbehave."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

from tests.certificates import Certificate
from tests.running_servers import HOST

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEXT_SECRET = "whsec_" + "C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


@dataclass(slots=True)
class ReceiverServer:
    """Answers every request with `status`, after `answer` has written to its connection."""

    server: ThreadingHTTPServer
    status: int = 200
    refused_handoff: str | None = None
    requests: list[tuple[dict[str, str], str]] = field(default_factory=list)
    hang: threading.Event | None = None

    @property
    def url(self) -> str:
        """The address to post to."""
        return f"http://{HOST}:{self.server.server_port}/hook?key=a-secret-of-the-address"

    @property
    def events(self) -> list[dict[str, Any]]:
        """The accepted events, as their receiver reads them after it has verified them."""
        return [Webhook(SECRET).verify(body, headers) for headers, body in self.requests]

    @property
    def ids(self) -> list[str]:
        """The ids of the accepted events."""
        return [headers["webhook-id"] for headers, _ in self.requests]


@contextmanager
def running_receiver(certificate: Certificate | None = None) -> Iterator[ReceiverServer]:
    """Run a receiver that accepts everything, over TLS if it gets a certificate."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if receiver.hang is not None:
                receiver.hang.wait()
            handoff = json.loads(body)["data"]["handoff"]
            status = 500 if handoff == receiver.refused_handoff else receiver.status
            if status == 200:
                receiver.requests.append(
                    ({name.lower(): value for name, value in self.headers.items()}, body)
                )
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"http://{HOST}:{server.server_port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer((HOST, 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.file, certificate.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver = ReceiverServer(server)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        if receiver.hang is not None:
            receiver.hang.set()
        server.shutdown()
        server.server_close()
