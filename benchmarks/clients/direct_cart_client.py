"""Fills carts directly at a shop, which is the least that any way to the same cart costs."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests

_TIMEOUT = 60  # seconds
_CREATE_CART = """
mutation($id: String!, $items: [CartItemInput!]!) {
  createEmptyCart(input: {cart_id: $id})
  addProductsToCart(cartId: $id, cartItems: $items) { cart { id } user_errors { code } }
}"""


class DirectCartClient:
    """A client of the shop at `shop_url` that fills guests' carts with one of each product."""

    def __init__(self, shop_url: str) -> None:
        self._shop_url = shop_url
        self._session = requests.Session()
        self._session.trust_env = False
        # Magento sends a session cookie with each answer. A call that sends it back has to wait for
        # the lock of the session.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def fill_by_rest(self, skus: Sequence[str]) -> None:
        """Create a cart, add line by line, and get the cart."""
        masked_id = str(self._call_rest("POST", "guest-carts"))
        for sku in skus:
            item = {"cartItem": {"sku": sku, "qty": 1}}
            self._call_rest("POST", f"guest-carts/{masked_id}/items", item)
        self._check_cart(masked_id, skus)

    def fill_by_graphql(self, skus: Sequence[str]) -> None:
        """Create a cart with all its lines in one document, and get the cart."""
        masked_id = secrets.token_hex(16)
        items = [{"sku": sku, "quantity": 1} for sku in skus]
        document = {"query": _CREATE_CART, "variables": {"id": masked_id, "items": items}}
        self._call("POST", f"{self._shop_url}/graphql", document)
        self._check_cart(masked_id, skus)

    def _check_cart(self, masked_id: str, skus: Sequence[str]) -> None:
        items = self._call_rest("GET", f"guest-carts/{masked_id}")["items"]
        assert sorted(item["sku"] for item in items) == sorted(skus), "the cart has other lines"

    def _call_rest(self, method: str, path: str, body: Any = None) -> Any:
        return self._call(method, f"{self._shop_url}/rest/V1/{path}", body)

    def _call(self, method: str, url: str, body: Any) -> Any:
        response = self._session.request(method, url, json=body, timeout=_TIMEOUT)
        response.raise_for_status()
        return response.json()
