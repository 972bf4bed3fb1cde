"""A cart of the shop as the app uses it: a guest's cart, or the customer's."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from handoff.bag import BagLine, format_quantity
from handoff.magento.answers import Answer
from handoff.magento.quote_models import QuoteLine
from handoff.rehearsal.app_shop_client import AppShopClient


class AppCartClient:
    """A guest's cart by its masked id, or a customer's cart by the token; both are credentials."""

    def __init__(
        self, shop: AppShopClient, *, masked_id: str = "", token: str | None = None
    ) -> None:
        self._shop = shop
        self._path = f"guest-carts/{masked_id}" if masked_id else "carts/mine"
        self._token = token
        self.masked_id = masked_id

    @classmethod
    def create_for_guest(cls, shop: AppShopClient) -> AppCartClient:
        """Create an empty cart for a guest."""
        return cls(shop, masked_id=shop.call_or_fail("POST", "guest-carts", advice="cart_call"))

    def call_or_fail(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        advice: str = "cart_call",
        refusal_advice: str = "",
    ) -> Any:
        """Make a call below the cart's path; raise StepFailure unless it succeeds."""
        return self._shop.call_or_fail(
            method,
            f"{self._path}{path}",
            body=body,
            token=self._token,
            advice=advice,
            refusal_advice=refusal_advice,
        )

    def try_to_add(self, sku: str, quantity: int) -> Answer:
        """Add an item, and return any answer of the shop."""
        body = {"cartItem": {"sku": sku, "qty": quantity}}
        return self._shop.call_rest("POST", f"{self._path}/items", body=body, token=self._token)

    def add_item(self, sku: str, quantity: int) -> int:
        """Add an item and return its number."""
        body = {"cartItem": {"sku": sku, "qty": quantity}}
        item = self.call_or_fail("POST", "/items", body, refusal_advice="item_refused")
        return int(item["item_id"])

    def change_quantity(self, item_id: int, quantity: int) -> None:
        """Set the quantity of an item."""
        item: dict[str, Any] = {"item_id": item_id, "qty": quantity}
        if self.masked_id:
            item["quote_id"] = self.masked_id
        path = f"/items/{item_id}"
        self.call_or_fail("PUT", path, {"cartItem": item}, refusal_advice="item_refused")

    def remove_item(self, item_id: int) -> None:
        """Remove an item."""
        self.call_or_fail("DELETE", f"/items/{item_id}")

    def remove_all_items(self) -> None:
        """Remove every item."""
        for item in self.call_or_fail("GET", "/items"):
            self.remove_item(int(item["item_id"]))

    def read_priced_lines(self) -> tuple[QuoteLine, ...]:
        """Return the lines that are not free."""
        items = self.call_or_fail("GET", "/items")
        return build_quote_lines(item for item in items if item["price"])

    def read_total(self) -> Decimal:
        """Return the grand total."""
        return Decimal(str(self.call_or_fail("GET", "/totals")["grand_total"]))

    def is_active(self) -> bool:
        """Return whether the cart is open: neither ordered nor merged into another one."""
        return bool(self.call_or_fail("GET", "")["is_active"])


def build_quote_lines(items: Iterable[dict[str, Any]]) -> tuple[QuoteLine, ...]:
    """Return lines for items in Magento's JSON, from REST or from the checkout page."""
    return tuple(
        QuoteLine(str(item["sku"]), Decimal(str(item["qty"])), int(item["item_id"]))
        for item in items
    )


def describe_lines(lines: Iterable[BagLine]) -> str:
    """Return a text such as "2 of A, 1 of B"."""
    parts = [f"{format_quantity(line.quantity)} of {line.sku}" for line in lines]
    return ", ".join(parts) or "nothing"
