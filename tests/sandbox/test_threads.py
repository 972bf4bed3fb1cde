"""Requests of several threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from handoff_sandbox.shop import SandboxShop


def test_carts_filled_by_parallel_threads_are_correct(app: Flask, shop: SandboxShop) -> None:
    def fill(_: int) -> str:
        client = app.test_client(use_cookies=False)
        masked_id = client.post("/rest/V1/guest-carts").get_json()
        for _line in range(5):
            body = {"cartItem": {"sku": "ITEM-01", "qty": 1}}
            client.post(f"/rest/V1/guest-carts/{masked_id}/items", json=body)
        return str(masked_id)

    with ThreadPoolExecutor(8) as pool:
        masked_ids = list(pool.map(fill, range(24)))
    quotes = [shop.quotes.find_by_masked_id(one) for one in masked_ids]
    assert [quote and quote.total_qty for quote in quotes] == [5] * 24
