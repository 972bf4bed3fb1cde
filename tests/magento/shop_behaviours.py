"""Behaviours of a faulty shop: wrong answers, slow answers, and none at all."""

from __future__ import annotations

import gzip
import http.client
import json
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from tests.magento.faulty_shop import Behaviour, Call

INNER = "inner-life-of-the-shop"
"""A word in every answer below. No answer of ours may hold it."""

LARGE = 48 * 1024 * 1024  # bytes; six times what the service reads
_HOP_BY_HOP = ("connection", "host", "content-length", "transfer-encoding", "keep-alive")


def build_response(
    status: int, body: bytes, *headers: tuple[str, str], length: int | None = None
) -> bytes:
    """Return an HTTP answer as bytes; `length` is the Content-Length, which may be wrong."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"X-Shop: {INNER}"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


NEVER_STORED = ("Cache-Control", "no-store")
"""The header of all of Magento's answers to REST calls."""


def answers(status: int, value: Any, *headers: tuple[str, str]) -> Behaviour:
    """Answer with JSON."""
    body = json.dumps(value).encode()
    data = build_response(
        status, body, ("Content-Type", "application/json; charset=utf-8"), *headers
    )
    return lambda call: call.send(data)


def refuses(status: int, *headers: tuple[str, str]) -> Behaviour:
    """Answer with an error in Magento's JSON."""
    body = {"message": f"SQLSTATE {INNER}", "trace": INNER}
    return answers(status, body, NEVER_STORED, *headers)


def answers_page(status: int) -> Behaviour:
    """Answer with HTML, as a proxy in front of a shop does."""
    body = f"<!doctype html><title>{INNER}</title>".encode()
    return lambda call: call.send(build_response(status, body, ("Content-Type", "text/html")))


def sends_raw(data: bytes) -> Behaviour:
    """Send bytes as they are, and close the connection."""

    def behave(call: Call) -> None:
        call.send(data)
        call.hang_up()

    return behave


def answers_late(call: Call) -> None:
    """Answer long after every deadline."""
    call.wait(10)
    call.send(build_response(200, b"null"))


def stalls(call: Call) -> None:
    """Send half of an answer, and then nothing."""
    call.send(build_response(200, f'{{"id": 1, "{INNER}": '.encode(), length=200))
    call.wait(10)
    call.hang_up()


def drips_headers(call: Call) -> None:
    """Send the headers a byte at a time, for far longer than any deadline."""
    call.drip(build_response(200, b"null"), every=0.3)


def drips_body(call: Call) -> None:
    """Send the headers at once and the body a byte at a time."""
    call.send(build_response(200, b"", length=100))
    call.drip(b" " * 100, every=0.3)


def drips_chunks(call: Call) -> None:
    """Send a chunked body a byte at a time, the sizes of its chunks included."""
    call.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    call.drip(b"1\r\n \r\n" * 20, every=0.3)


def keeps_saying_continue(call: Call) -> None:
    """Send one interim answer after the other, and never the final one."""
    for _ in range(200):
        if call.wait(0.05):
            return
        call.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    call.hang_up()


def resets(call: Call) -> None:
    """Reset the connection before a byte is sent."""
    call.reset()


def hangs_up(call: Call) -> None:
    """Close the connection before a byte is sent."""
    call.hang_up()


def cuts_body(call: Call) -> None:
    """Close the connection before the body is complete."""
    call.send(build_response(200, f'{{"id": 1, "{INNER}": '.encode(), length=4000))
    call.hang_up()


def understates_length(call: Call) -> None:
    """Send a Content-Length below that of the body, and keep the connection."""
    call.send(build_response(200, f'{{"id": 1, "{INNER}": 2}}'.encode(), length=5))


def sends_wrong_length(call: Call) -> None:
    """Send a Content-Length that is not a number, and stop in the middle."""
    call.send(
        build_response(200, b'{"id": 1').replace(b"Content-Length: 8", b"Content-Length: eight")
    )
    call.hang_up()


def sends_two_lengths(call: Call) -> None:
    """Send two Content-Lengths, one longer than the body and one shorter."""
    lengths = b"Content-Length: 9\r\nContent-Length: 1"
    call.send(build_response(200, b"{}").replace(b"Content-Length: 2", lengths))
    call.hang_up()


def sends_negative_chunk(call: Call) -> None:
    """Send a chunk whose size is a negative number."""
    call.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n0\r\n\r\n")
    call.hang_up()


def resets_in_body(call: Call) -> None:
    """Reset the connection in the middle of the body."""
    call.send(build_response(200, b'{"id": 1, ', length=4000))
    call.reset()


def redirects(call: Call) -> None:
    """Redirect to the same URL."""
    call.send(build_response(302, b"", ("Location", call.path)))


def redirects_to_unreadable_url(call: Call) -> None:
    """Redirect to a URL with a byte that is not ASCII."""
    call.send(build_response(302, b"", ("Location", "/caf\xe9")))


def redirects_to_invalid_url(call: Call) -> None:
    """Redirect to text that is not a URL."""
    call.send(build_response(302, b"", ("Location", "http://[")))


def redirects_with_large_body(call: Call) -> None:
    """Redirect with a body of 48 MB."""
    call.send(build_response(302, b" " * LARGE, ("Location", call.path)))


def answers_too_much(call: Call) -> None:
    """Send a body of 48 MB."""
    call.send(build_response(200, b'"' + b" " * LARGE + b'"'))


def answers_too_much_packed(call: Call) -> None:
    """Send a small body that unpacks to 48 MB."""
    packed = gzip.compress(b'"' + b" " * LARGE + b'"', 1)
    call.send(build_response(200, packed, ("Content-Encoding", "gzip")))


def answers_packed(value: Any, *, in_chunks: bool) -> Behaviour:
    """Answer with JSON in gzip: in chunks, as web servers do, or in one piece."""
    body = gzip.compress(json.dumps(value).encode())
    if not in_chunks:
        return lambda call: call.send(build_response(200, body, ("Content-Encoding", "gzip")))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = (body[:10], body[10:])
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return lambda call: call.send(head + chunks + b"0\r\n\r\n")


def answers_wrongly_packed(call: Call) -> None:
    """Send a body that is not in gzip although its header says so."""
    call.send(build_response(200, INNER.encode(), ("Content-Encoding", "gzip")))


def behaves_first(times: int, behaviour: Behaviour, then: Behaviour) -> Behaviour:
    """Behave in one way for the first calls, and in the other from then on."""
    left = [times]
    lock = threading.Lock()

    def behave(call: Call) -> None:
        with lock:
            left[0] -= 1
            is_first = left[0] >= 0
        (behaviour if is_first else then)(call)

    return behave


def behaves_if(
    condition: Callable[[Call], bool], behaviour: Behaviour, otherwise: Behaviour
) -> Behaviour:
    """Behave in one way for the calls of a kind, and in the other for all others."""
    return lambda call: (behaviour if condition(call) else otherwise)(call)


def forwards_to(url: str) -> Behaviour:
    """Forward the call to another shop, and answer with its answer."""
    return lambda call: call.send(_forward(url, call))


def forwards_and_loses_answer(url: str) -> Behaviour:
    """Forward the call to another shop, and reset the connection before its answer."""

    def behave(call: Call) -> None:
        _forward(url, call)
        call.reset()

    return behave


def forwards_and_hangs_up(url: str) -> Behaviour:
    """Forward the call to another shop, and close the connection after its answer."""

    def behave(call: Call) -> None:
        call.send(_forward(url, call))
        call.hang_up()

    return behave


def forward(url: str, call: Call) -> tuple[int, list[tuple[str, str]], bytes]:
    """Forward the call to another shop and return status, headers and body of its answer."""
    target = urlsplit(url)
    line = http.client.HTTPConnection(target.hostname or "", target.port, timeout=10)
    try:
        kept = {name: value for name, value in call.headers.items() if name not in _HOP_BY_HOP}
        line.request(call.method, call.path, call.body or None, kept)
        answer = line.getresponse()
        body = answer.read()
    finally:
        line.close()
    headers = [each for each in answer.getheaders() if each[0].lower() not in _HOP_BY_HOP]
    return answer.status, headers, body


def _forward(url: str, call: Call) -> bytes:
    status, headers, body = forward(url, call)
    return build_response(status, body, *headers)
