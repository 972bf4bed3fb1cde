"""Carts made straight at a shop, and looked at: what no way to the same cart can do without."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests

_TIMEOUT = 60  # seconds
_BUILD = """
mutation($id: String!, $items: [CartItemInput!]!) {
  createEmptyCart(input: {cart_id: $id})
  addProductsToCart(cartId: $id, cartItems: $items) { cart { id } user_errors { code } }
}"""


class CartsOnly:
    """A client that fills guests' carts with one of each product."""

    def __init__(self, shop: str) -> None:
        """Take the shop's address."""
        self._shop = shop
        self._session = requests.Session()
        self._session.trust_env = False
        # Magento gives a session with each answer; sent back, calls would wait for it.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def by_rest(self, skus: Sequence[str]) -> None:
        """Make a cart, add line by line, and look at it."""
        masked_id = str(self._rest("POST", "guest-carts"))
        for sku in skus:
            item = {"cartItem": {"sku": sku, "qty": 1}}
            self._rest("POST", f"guest-carts/{masked_id}/items", item)
        self._look(masked_id, skus)

    def by_graphql(self, skus: Sequence[str]) -> None:
        """Make a cart with all its lines in one document, and look at it."""
        masked_id = secrets.token_hex(16)
        items = [{"sku": sku, "quantity": 1} for sku in skus]
        document = {"query": _BUILD, "variables": {"id": masked_id, "items": items}}
        self._call("POST", f"{self._shop}/graphql", document)
        self._look(masked_id, skus)

    def _look(self, masked_id: str, skus: Sequence[str]) -> None:
        items = self._rest("GET", f"guest-carts/{masked_id}")["items"]
        assert sorted(item["sku"] for item in items) == sorted(skus), "another bag"

    def _rest(self, method: str, path: str, body: Any = None) -> Any:
        return self._call(method, f"{self._shop}/rest/V1/{path}", body)

    def _call(self, method: str, url: str, body: Any) -> Any:
        answer = self._session.request(method, url, json=body, timeout=_TIMEOUT)
        answer.raise_for_status()
        return answer.json()
