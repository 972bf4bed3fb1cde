"""HTTP requests as the bytes that go over a connection."""

from __future__ import annotations

HOST = "127.0.0.1"


def request(method: str, path: str, *headers: tuple[str, str], body: bytes = b"") -> bytes:
    """Return a request for a connection that is kept alive."""
    lines = [f"{method} {path} HTTP/1.1", "Host: shop.example"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
