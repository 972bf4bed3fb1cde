"""Requests that no client should send, to the service under gunicorn as it ships."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.conftest import KEY
from tests.running import RunningService, running_service, running_shop
from tests.talking import environment_for

POST = b"POST /api/cart-transfer HTTP/1.1\r\nHost: x\r\n"
SIGNED = POST + f"Authorization: {KEY}\r\nContent-Type: application/json\r\n".encode()
FORM = b"POST /h HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
CHUNKED = SIGNED + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    folder: Path = tmp_path_factory.mktemp("odd")
    with running_shop(folder / "sessions") as shop:
        environment = environment_for(shop, folder, HANDOFF_REFUSALS_PER_MINUTE="0")
        with running_service(environment, folder) as service:
            yield service
            told = service.log.read_text()
            assert "unhandled_error" not in told
            assert "Traceback" not in told


def send(service: RunningService, data: bytes) -> int | None:
    """Send bytes and nothing more; return the status, or None where the line was closed."""
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname or "", address.port or 0), 20) as line:
        line.sendall(data)
        line.shutdown(socket.SHUT_WR)
        try:
            answer = line.recv(65536)
        except ConnectionResetError:
            return None
    return int(answer.split()[1]) if answer else None


ODD = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "a NUL in the path": b"GET /h/a\x00b HTTP/1.1\r\nHost: x\r\n\r\n",
    "a NUL in a header": b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\x00c\r\n\r\n",
    "bytes of no encoding in the path": b"GET /h/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "an encoded NUL in the path": b"GET /h/%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "bytes of no encoding as a key": POST + b"Authorization: \xff\xfe\r\nContent-Length: 0\r\n\r\n",
    "a path that leads up": b"GET /static/../../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    "an encoded path that leads up": b"GET /static/%2e%2e/settings.py HTTP/1.1\r\nHost: x\r\n\r\n",
    "a chunk without a size": CHUNKED + b"nonsense\r\n{}\r\n0\r\n\r\n",
    "a chunk with a negative size": CHUNKED + b"-2\r\n{}\r\n0\r\n\r\n",
    "a chunk that is too short": CHUNKED + b"40\r\n{}\r\n0\r\n\r\n",
    "a chunk of a size beyond all measure": CHUNKED + b"f" * 40 + b"\r\n{}",
    "chunks that never end": CHUNKED + b"2\r\n{}\r\n",
    "a length and chunks": SIGNED
    + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": SIGNED + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a negative length": SIGNED + b"Content-Length: -1\r\n\r\n{}",
    "a length that is none": SIGNED + b"Content-Length: ten\r\n\r\n{}",
    "a body that is too short": SIGNED + b"Content-Length: 50\r\n\r\n{}",
    "a form in nonsense chunks": FORM + b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n0\r\n\r\n",
    "a form that is too short": FORM + b"Content-Length: 50\r\n\r\ntoken=a",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "a header of a megabyte": b"GET /healthz HTTP/1.1\r\nA: " + b"a" * 1_000_000 + b"\r\n\r\n",
    "a thousand headers": b"GET /healthz HTTP/1.1\r\n" + b"A: b\r\n" * 1000 + b"\r\n",
}


@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_an_odd_request_is_refused_and_harms_nobody(data: bytes, service: RunningService) -> None:
    status = send(service, data)
    assert status is None or 400 <= status < 500
    assert requests.get(f"{service.url}/healthz", timeout=10).status_code == 200


BODIES = {
    "a field twice": ('{"quote_id": "a", "quote_id": "b"}', "malformed_request"),
    "a field of a line twice": (
        '{"items": [{"sku": "a", "sku": "b", "quantity": 1}], "currency": "GBP", "reference": "r"}',
        "malformed_request",
    ),
    "half of a character": (
        '{"items": [{"sku": "\\ud800", "quantity": 1}], "currency": "GBP", "reference": "r"}',
        "request_invalid",
    ),
    "half of a character as a quote": ('{"quote_id": "\\udfff"}', "request_invalid"),
    "half of a character as a name": ('{"\\ud800": 1}', "request_invalid"),
    "a NUL": (
        '{"items": [{"sku": "a\\u0000", "quantity": 1}], "currency": "GBP", "reference": "r"}',
        "request_invalid",
    ),
    "no UTF-8": (b'{"quote_id": "\xff"}', "malformed_request"),
    "a number beyond all measure": ('{"quote_id": ' + "9" * 5000 + "}", "malformed_request"),
    "NaN": ('{"quote_id": NaN}', "malformed_request"),
    "nested too deep": ("[" * 50_000, "malformed_request"),
}


@pytest.mark.parametrize(("body", "code"), BODIES.values(), ids=BODIES)
def test_an_odd_body_is_refused_by_a_code(
    body: str | bytes, code: str, service: RunningService
) -> None:
    headers = {"Authorization": KEY, "Content-Type": "application/json"}
    url = f"{service.url}/api/cart-transfer"
    answer = requests.post(url, data=body, headers=headers, timeout=10)
    assert (answer.json()["code"], 400 <= answer.status_code < 500) == (code, True)
