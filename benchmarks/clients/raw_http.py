"""Build HTTP requests as raw bytes, and read responses from a socket or stream."""

from __future__ import annotations

HOST = "127.0.0.1"


def build_request(method: str, path: str, *headers: tuple[str, str], body: bytes = b"") -> bytes:
    """Return a request for a connection that is kept alive."""
    lines = [f"{method} {path} HTTP/1.1", "Host: shop.example"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def read_content_length(head: bytes) -> int:
    """Return the Content-Length of a request's or response's head, or 0."""
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0
