"""A shop that answers at once: to every look, a guest's cart with the number in its masked id.

Run as `python stub_shop.py PORT`; does so little that what is measured is not this.
"""

from __future__ import annotations

import asyncio
import json
import sys

_CART = {
    "id": 0,
    "is_active": True,
    "store_id": 1,
    "items": [{"sku": f"ITEM-{n:02d}", "qty": n, "price": 10 + n} for n in range(1, 4)],
    "items_count": 3,
    "items_qty": 6,
    "customer": {},
    "currency": {"quote_currency_code": "GBP"},
    "customer_is_guest": True,
}


class Shop(asyncio.Protocol):
    """One connection: requests without a body, one after the other."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note where to answer."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self.received += data
        while b"\r\n\r\n" in self.received:
            head, _, self.received = self.received.partition(b"\r\n\r\n")
            masked_id = head.split(b" ", 2)[1].rpartition(b"/")[2]
            self.transport.write(_answer(int(masked_id)))


def _answer(number: int) -> bytes:
    body = json.dumps({**_CART, "id": number}).encode()
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"
        f"Set-Cookie: PHPSESSID={number:026d}; path=/; HttpOnly\r\nContent-Length: {len(body)}\r\n"
    )
    return head.encode() + b"\r\n" + body


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Shop, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
