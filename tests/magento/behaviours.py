"""What a shop may do instead of answering, and how it answers when it does."""

from __future__ import annotations

import gzip
import http.client
import json
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from tests.magento.faults import Behaviour, Call

INNER = "inner-life-of-the-shop"
"""A word that stands in every answer below, and so may stand in none of ours."""

LARGE = 48 * 1024 * 1024  # bytes; six times what the service reads of an answer
_HOP_BY_HOP = ("connection", "host", "content-length", "transfer-encoding", "keep-alive")


def reply(status: int, body: bytes, *headers: tuple[str, str], length: int | None = None) -> bytes:
    """Return an HTTP answer as bytes; `length` is what it says of its body's, true or not."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"X-Shop: {INNER}"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def answers(status: int, value: Any, *headers: tuple[str, str]) -> Behaviour:
    """Answer with JSON."""
    body = json.dumps(value).encode()
    data = reply(status, body, ("Content-Type", "application/json; charset=utf-8"), *headers)
    return lambda call: call.send(data)


def refuses(status: int, *headers: tuple[str, str]) -> Behaviour:
    """Answer with a Magento error."""
    return answers(status, {"message": f"SQLSTATE {INNER}", "trace": INNER}, *headers)


def page(status: int) -> Behaviour:
    """Answer with HTML, as whatever stands before a shop does."""
    body = f"<!doctype html><title>{INNER}</title>".encode()
    return lambda call: call.send(reply(status, body, ("Content-Type", "text/html")))


def raw(data: bytes) -> Behaviour:
    """Send bytes that are no HTTP, and hang up."""

    def behave(call: Call) -> None:
        call.send(data)
        call.hang_up()

    return behave


def late(call: Call) -> None:
    """Think until long after every deadline."""
    call.wait(10)
    call.send(reply(200, b"null"))


def stalls(call: Call) -> None:
    """Send half of an answer and then nothing more."""
    call.send(reply(200, f'{{"id": 1, "{INNER}": '.encode(), length=200))
    call.wait(10)
    call.hang_up()


def drips_headers(call: Call) -> None:
    """Send the headers a byte at a time, for far longer than any deadline."""
    call.drip(reply(200, b"null"), every=0.3)


def drips_body(call: Call) -> None:
    """Send the headers at once and the body a byte at a time."""
    call.send(reply(200, b"", length=100))
    call.drip(b" " * 100, every=0.3)


def drips_chunks(call: Call) -> None:
    """Send a chunked body a byte at a time, the sizes of its chunks included."""
    call.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    call.drip(b"1\r\n \r\n" * 20, every=0.3)


def says_continue(call: Call) -> None:
    """Send one interim answer after the other, and never the final one."""
    for _ in range(200):
        if call.wait(0.05):
            return
        call.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    call.hang_up()


def resets(call: Call) -> None:
    """Break the connection off before a byte is sent."""
    call.reset()


def hangs_up(call: Call) -> None:
    """Close the connection before a byte is sent."""
    call.hang_up()


def cuts_body(call: Call) -> None:
    """Close the connection before the body is as long as was said."""
    call.send(reply(200, f'{{"id": 1, "{INNER}": '.encode(), length=4000))
    call.hang_up()


def says_too_little(call: Call) -> None:
    """Say that the body is shorter than it is, and keep the connection."""
    call.send(reply(200, f'{{"id": 1, "{INNER}": 2}}'.encode(), length=5))


def says_no_number(call: Call) -> None:
    """Say a length that is none, and stop in the middle."""
    call.send(reply(200, b'{"id": 1').replace(b"Content-Length: 8", b"Content-Length: eight"))
    call.hang_up()


def says_two_lengths(call: Call) -> None:
    """Say two lengths, one longer than the body and one shorter."""
    lengths = b"Content-Length: 9\r\nContent-Length: 1"
    call.send(reply(200, b"{}").replace(b"Content-Length: 2", lengths))
    call.hang_up()


def resets_in_body(call: Call) -> None:
    """Break the connection off in the middle of the body."""
    call.send(reply(200, b'{"id": 1, ', length=4000))
    call.reset()


def redirects(call: Call) -> None:
    """Send the caller to where it is already."""
    call.send(reply(302, b"", ("Location", call.path)))


def redirects_nowhere(call: Call) -> None:
    """Send the caller to an address that cannot be read."""
    call.send(reply(302, b"", ("Location", "/caf\xe9")))


def redirects_to_no_address(call: Call) -> None:
    """Send the caller to what is no address at all."""
    call.send(reply(302, b"", ("Location", "http://[")))


def redirects_at_length(call: Call) -> None:
    """Send the caller elsewhere, with a body that nobody wants."""
    call.send(reply(302, b" " * LARGE, ("Location", call.path)))


def too_large(call: Call) -> None:
    """Send a body that is far larger than any cart."""
    call.send(reply(200, b'"' + b" " * LARGE + b'"'))


def too_large_unpacked(call: Call) -> None:
    """Send a small body that unpacks to a far too large one."""
    packed = gzip.compress(b'"' + b" " * LARGE + b'"', 1)
    call.send(reply(200, packed, ("Content-Encoding", "gzip")))


def packed(value: Any, *, in_chunks: bool) -> Behaviour:
    """Answer with JSON in gzip: in chunks, as web servers pack on the way, or in one piece."""
    body = gzip.compress(json.dumps(value).encode())
    if not in_chunks:
        return lambda call: call.send(reply(200, body, ("Content-Encoding", "gzip")))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = (body[:10], body[10:])
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return lambda call: call.send(head + chunks + b"0\r\n\r\n")


def wrongly_packed(call: Call) -> None:
    """Send a body that is not packed as it says."""
    call.send(reply(200, INNER.encode(), ("Content-Encoding", "gzip")))


def first(times: int, behaviour: Behaviour, then: Behaviour) -> Behaviour:
    """Behave in one way so many times and in the other from then on."""
    left = [times]
    lock = threading.Lock()

    def behave(call: Call) -> None:
        with lock:
            left[0] -= 1
            is_first = left[0] >= 0
        (behaviour if is_first else then)(call)

    return behave


def where(strikes: Callable[[Call], bool], behaviour: Behaviour, otherwise: Behaviour) -> Behaviour:
    """Behave in one way for some calls and in the other for all else."""
    return lambda call: (behaviour if strikes(call) else otherwise)(call)


def passes_on(url: str) -> Behaviour:
    """Ask another shop, and hand its answer on as it is."""
    return lambda call: call.send(_asked(url, call))


def loses_the_answer(url: str) -> Behaviour:
    """Let another shop do what is asked, and break the connection off before its answer."""

    def behave(call: Call) -> None:
        _asked(url, call)
        call.reset()

    return behave


def answers_once(url: str) -> Behaviour:
    """Hand another shop's answer on, and close the connection that says it is kept alive."""

    def behave(call: Call) -> None:
        call.send(_asked(url, call))
        call.hang_up()

    return behave


def _asked(url: str, call: Call) -> bytes:
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
    return reply(answer.status, body, *headers)
