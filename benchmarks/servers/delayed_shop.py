"""A stub shop that answers each call after 50 ms and tells how long each took.

It answers requests for a guest's cart, with the number that stands in the masked id. Run as a
program (`python -m benchmarks.servers.delayed_shop PORT`), it is the server.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from benchmarks.clients.raw_http import HOST
from benchmarks.servers.bare_flask import ROOT
from benchmarks.servers.process import find_free_port, run_server
from benchmarks.servers.stub_shop import CART

_DELAY = 0.050  # seconds
_CART_PATH = re.compile(rb"GET /rest/(?:[a-z]+/)?V1/guest-carts/0*([1-9][0-9]*) ")
_TIMES_PATH = b"GET /times "


@dataclass(frozen=True, slots=True)
class DelayedShop:
    """A running stub shop."""

    url: str

    def read_milliseconds(self) -> dict[int, float]:
        """Return the milliseconds that the shop spent on each quote, by its number."""
        times = requests.get(f"{self.url}/times", timeout=30).json()
        return {int(number): milliseconds for number, milliseconds in times.items()}


@contextmanager
def run_delayed_shop(folder: Path) -> Iterator[DelayedShop]:
    """Run the stub shop with its log in a folder."""
    folder.mkdir()
    port = find_free_port()
    command = [sys.executable, "-m", "benchmarks.servers.delayed_shop", str(port)]
    with run_server(command, port, folder, environment={"PYTHONPATH": str(ROOT)}):
        yield DelayedShop(f"http://{HOST}:{port}")


async def _serve(port: int) -> None:
    times: dict[int, float] = {}

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                started = time.perf_counter()
                if head.startswith(_TIMES_PATH):
                    writer.write(_build_response(json.dumps(times)))
                    continue
                cart = _CART_PATH.match(head)
                number = int(cart[1]) if cart else 0
                response = _build_response(json.dumps({"id": number, **CART}))
                await asyncio.sleep(_DELAY - (time.perf_counter() - started))
                writer.write(response)
                took = (time.perf_counter() - started) * 1000
                times[number] = times.get(number, 0.0) + took
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(handle, HOST, port)
    await server.serve_forever()


def _build_response(text: str) -> bytes:
    body = text.encode()
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
