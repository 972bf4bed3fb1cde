"""Malformed and unusual requests to the service under gunicorn."""

from __future__ import annotations

import gzip
import json
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.conftest import KEY
from tests.running_servers import RunningService, running_service, running_shop
from tests.service_calls import create_environment

pytestmark = pytest.mark.processes

POST = b"POST /api/cart-transfer HTTP/1.1\r\nHost: x\r\n"
SIGNED = POST + f"Authorization: {KEY}\r\nContent-Type: application/json\r\n".encode()
FORM = b"POST /h HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
ENTER = FORM.replace(b"/h", b"/enter")
GZIP = gzip.compress(b"{}", mtime=0)
CHUNKED = SIGNED + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    folder: Path = tmp_path_factory.mktemp("odd")
    with running_shop(folder / "sessions") as shop:
        environment = create_environment(
            shop,
            folder,
            HANDOFF_REFUSALS_PER_MINUTE="0",
            HANDOFF_KEY_IN_PATH="true",
            HANDOFF_DIRECT_ENTRY="true",
        )
        with running_service(environment, folder) as service:
            yield service
            told = service.log.read_text()
            assert "unhandled_error" not in told
            assert "Traceback" not in told
            assert KEY not in told


def exchange(service: RunningService, data: bytes) -> bytes:
    """Send bytes and return everything that is answered, nothing if the connection is closed."""
    address = urlsplit(service.url)
    answer = b""
    with (
        socket.create_connection((address.hostname or "", address.port or 0), 20) as line,
        suppress(ConnectionResetError, BrokenPipeError),
    ):
        line.sendall(data)
        line.shutdown(socket.SHUT_WR)
        while piece := line.recv(65536):
            answer += piece
    return answer


def send(service: RunningService, data: bytes) -> int | None:
    """Send bytes and return the status, or None if the connection was closed."""
    answer = exchange(service, data)
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
    "a chunk that ends in another way": CHUNKED + b"2\n{}\n0\n\n",
    "chunks in chunks": SIGNED + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "a body in gzip": SIGNED + b"Content-Encoding: gzip\r\nContent-Length: 22\r\n\r\n" + GZIP,
    "a body over the limit": SIGNED + b"Content-Length: 70000\r\n\r\n" + b" " * 70_000,
    "chunks over the limit": CHUNKED + b"11170\r\n" + b" " * 70_000 + b"\r\n0\r\n\r\n",
    "a length beyond all measure": SIGNED + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n{}",
    "half of a character as a key": POST
    + b"Authorization: \xed\xa0\x80\r\nContent-Length: 0\r\n\r\n",
    "half of a character in the path": b"GET /h/%ED%A0%80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "half of a character as a key in the path": b"POST /api/cart-transfer/%ED%A0%80 HTTP/1.1\r\n"
    b"Host: x\r\nContent-Length: 0\r\n\r\n",
    "half of a character in a form": ENTER + b"Content-Length: 18\r\n\r\nquote_id=%ED%A0%80",
    "a NUL in a form": ENTER + b"Content-Length: 12\r\n\r\nquote_id=%00",
    "a field of a form twice": ENTER + b"Content-Length: 21\r\n\r\nquote_id=1&quote_id=2",
    "a cookie of no encoding": b"GET /h/a HTTP/1.1\r\nHost: x\r\nCookie: \xed\xa0\x80=\xff\r\n\r\n",
    "languages that are none": b"GET /h/a HTTP/1.1\r\nHost: x\r\nAccept-Language: \xff;q=x,;;,"
    + b"a-" * 5000
    + b"\r\n\r\n",
    "a host that is none": b"GET /h/a HTTP/1.1\r\nHost: [[\xff::\r\n\r\n",
    "an expectation with a key in it": SIGNED + f"Expect: {KEY}\r\n\r\n".encode(),
    "a header folded over a key": POST + f"A: b\r\n {KEY}\r\n\r\n".encode(),
    "a key for a method": f"{KEY.upper()} / HTTP/1.1\r\n\r\n".encode(),
    "another version": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a form in nonsense chunks": FORM + b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n0\r\n\r\n",
    "a form that is too short": FORM + b"Content-Length: 50\r\n\r\ntoken=a",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "a header of a megabyte": b"GET /healthz HTTP/1.1\r\nA: " + b"a" * 1_000_000 + b"\r\n\r\n",
    "a thousand headers": b"GET /healthz HTTP/1.1\r\n" + b"A: b\r\n" * 1000 + b"\r\n",
}


@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_a_malformed_request_is_refused_and_does_no_harm(
    data: bytes, service: RunningService
) -> None:
    status = send(service, data)
    assert status is None or 400 <= status < 500
    assert requests.get(f"{service.url}/healthz", timeout=10).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/h/a", "/h", "/enter", "/api/cart-transfer"])
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "CONNECT", "PUT", "PROPFIND"])
def test_an_unsupported_method_does_nothing(
    method: str, path: str, service: RunningService
) -> None:
    answer = requests.request(method, service.url + path, headers={"A": "b-c-d"}, timeout=10)
    assert answer.status_code in (200, 401, 404, 405)
    assert "b-c-d" not in answer.text
    assert answer.status_code != 200 or not answer.text


def test_an_unknown_transfer_encoding_is_not_implemented(service: RunningService) -> None:
    assert send(service, SIGNED + b"Transfer-Encoding: rot13\r\n\r\n0\r\n\r\n") == 501


def test_the_host_that_a_request_names_is_ignored(service: RunningService) -> None:
    """Whether in its first line, in Host, or in the headers of proxies."""
    asked = b"GET http://elsewhere.example/h/a HTTP/1.1\r\nHost: elsewhere.example\r\n"
    asked += b"X-Forwarded-Host: elsewhere.example\r\nForwarded: host=elsewhere.example\r\n"
    assert b"elsewhere.example" not in exchange(service, asked + b"Connection: close\r\n\r\n")


def test_pipelined_requests_are_answered_one_by_one(service: RunningService) -> None:
    """An unread body is not taken for a request."""
    hidden = b"GET /h/hidden HTTP/1.1\r\nHost: x\r\n\r\n"
    first = POST + f"Content-Length: {len(hidden)}\r\n\r\n".encode() + hidden
    last = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert re.findall(rb"HTTP/1.1 (\d+)", exchange(service, first + last)) == [b"401", b"200"]


def test_log_lines_are_json_for_any_request(service: RunningService) -> None:
    send(service, b'GET /h/"\xff%0a{ HTTP/1.1\r\nHost: x\r\n\r\n')
    assert all(json.loads(line) for line in service.log.read_text().splitlines())


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
def test_a_malformed_body_is_refused_with_a_code(
    body: str | bytes, code: str, service: RunningService
) -> None:
    headers = {"Authorization": KEY, "Content-Type": "application/json"}
    url = f"{service.url}/api/cart-transfer"
    answer = requests.post(url, data=body, headers=headers, timeout=10)
    assert (answer.json()["code"], 400 <= answer.status_code < 500) == (code, True)
