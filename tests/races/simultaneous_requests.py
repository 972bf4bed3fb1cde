"""Sends requests that reach a service at the same instant, each on its own connection."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from tests.conftest import KEY
from tests.service_calls import build_web_view_cookie

_TIMEOUT = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """The response to a request."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that are set, by name."""
        pairs = (
            cookie.partition(";")[0].partition("=")
            for cookie in self.headers.get_all("Set-Cookie") or []
        )
        return {name: value for name, _, value in pairs}


def build_request(
    method: str, path: str, *headers: tuple[str, str], body: bytes = b"", keep: bool = False
) -> bytes:
    """Return an HTTP request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: shop.example"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines.append(f"Connection: {'keep-alive' if keep else 'close'}")
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def build_bag(reference: str, lines: int) -> dict[str, Any]:
    """Return the body of a transfer of a bag with this number of lines."""
    items = [{"sku": f"ITEM-{n:02d}", "quantity": n} for n in range(1, lines + 1)]
    return {"items": items, "currency": "GBP", "reference": reference}


def build_transfer_request(body: dict[str, Any], *, key: str = KEY) -> bytes:
    """Return Poq's request for a transfer."""
    return build_request(
        "POST",
        "/api/cart-transfer",
        ("Authorization", key),
        ("Content-Type", "application/json"),
        body=json.dumps(body).encode(),
    )


def build_entry_request(method: str, link: str, cookies: dict[str, str] | None = None) -> bytes:
    """Return a web view's request for a link; without `cookies`, a POST has a new web view's."""
    if cookies is None and method == "POST":
        cookies = build_web_view_cookie(link)
    held = "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())
    return build_request(method, get_link_path(link), *([("Cookie", held)] if held else []))


def get_link_path(link: str) -> str:
    """Return the path of a link."""
    return urlsplit(link).path


def send_simultaneously(url: str, requests: Sequence[bytes]) -> list[Answer]:
    """Send all requests but for their last byte, then the last bytes, then read the answers."""
    target = urlsplit(url)
    address = (target.hostname or "", target.port or 80)
    lines = [socket.create_connection(address, timeout=_TIMEOUT) for _ in requests]
    try:
        for line, each in zip(lines, requests, strict=True):
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.sendall(each[:-1])
        for line, each in zip(lines, requests, strict=True):
            line.sendall(each[-1:])
        return [_read(line) for line in lines]
    finally:
        for line in lines:
            line.close()


def send(url: str, asked: bytes) -> Answer:
    """Send one request and read the answer; raises OSError or HTTPException without one."""
    return send_simultaneously(url, [asked])[0]


def sort_statuses(answers: Iterable[Answer]) -> list[int]:
    """Return the statuses in ascending order."""
    return sorted(answer.status for answer in answers)


def _read(line: socket.socket) -> Answer:
    with HTTPResponse(line) as answer:
        answer.begin()
        body = answer.read()
        return Answer(answer.status, answer.headers, body)


NO_ANSWER = (OSError, HTTPException)
"""The exceptions of `send` if the process that should answer has died."""
