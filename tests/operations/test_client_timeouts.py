"""Clients that stop in the middle of a request, with gunicorn as it ships and without nginx."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.running_servers import RunningShop, running_service
from tests.service_calls import create_environment

pytestmark = pytest.mark.processes

_THREADS = 16
_FORM = b"POST /h HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
_PARTIAL_REQUESTS = (
    b"GET /healthz HTTP/1.1\r\nHo",
    _FORM + b"Content-Length: 50\r\n\r\ntoken=",
    _FORM + b"Transfer-Encoding: chunked\r\n\r\n40\r\ntoken=",
)


def test_a_client_that_sends_nothing_more_does_not_occupy_a_thread_for_ever(
    shop: RunningShop, tmp_path: Path
) -> None:
    with running_service(create_environment(shop, tmp_path), tmp_path, workers=1) as service:
        address = urlsplit(service.url)
        with ExitStack() as stack:
            for number in range(_THREADS):
                line = socket.create_connection((address.hostname or "", address.port or 0), 10)
                stack.enter_context(line).sendall(
                    _PARTIAL_REQUESTS[number % len(_PARTIAL_REQUESTS)]
                )
            assert requests.get(f"{service.url}/healthz", timeout=60).status_code == 200
        log = service.log.read_text()
        assert '"client_timed_out", "level": "warning"' in log
        assert "Traceback" not in log
        assert "unhandled_error" not in log
        assert "token=" not in log
