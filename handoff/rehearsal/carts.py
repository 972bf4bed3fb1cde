"""A cart of the shop as the app holds it: a guest's, or the customer's own."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from handoff.bag import BagLine, format_quantity, merge_lines
from handoff.magento.client import Answer
from handoff.rehearsal.shop import Shop

_TODO = "The app cannot fill a cart without it: see what guards the shop's REST."


class Cart:
    """A cart at a path of the shop's REST. `token` is its customer's, a credential."""

    def __init__(self, shop: Shop, path: str, token: str | None = None) -> None:
        self._shop = shop
        self._path = path
        self._token = token

    @classmethod
    def of_guest(cls, shop: Shop, masked_id: str) -> Cart:
        """Return a guest's cart by what opens it."""
        return cls(shop, f"guest-carts/{masked_id}")

    @classmethod
    def for_guest(cls, shop: Shop) -> Cart:
        """Make an empty cart of a guest."""
        masked_id = str(shop.ask("POST", "guest-carts", todo=_TODO))
        return cls.of_guest(shop, masked_id)

    @property
    def masked_id(self) -> str:
        """What opens a guest's cart: a credential."""
        return self._path.rpartition("/")[2]

    def ask(self, method: str, below: str, body: Any = None, *, todo: str = _TODO) -> Any:
        """Make a call below the cart's path that has to work."""
        path = f"{self._path}{below}"
        return self._shop.ask(method, path, body=body, token=self._token, todo=todo)

    def try_to_add(self, sku: str, quantity: int) -> Answer:
        """Add a line, and return whatever the shop says to that."""
        return self._shop.call(
            "POST", f"{self._path}/items", body=_item(sku=sku, qty=quantity), token=self._token
        )

    def add(self, sku: str, quantity: int) -> int:
        """Add a line and return its number."""
        return int(self.ask("POST", "/items", _item(sku=sku, qty=quantity))["item_id"])

    def change(self, item: int, quantity: int) -> None:
        """Set the quantity of a line."""
        cart = {} if self._token else {"quote_id": self.masked_id}
        self.ask("PUT", f"/items/{item}", _item(item_id=item, qty=quantity, **cart))

    def remove(self, item: int) -> None:
        """Take a line out."""
        self.ask("DELETE", f"/items/{item}")

    def empty(self) -> None:
        """Take every line out."""
        for item in self._items():
            self.remove(int(item["item_id"]))

    def lines(self) -> tuple[BagLine, ...]:
        """Return what the cart holds that costs something, each sku once."""
        return lines_of((item["sku"], item["qty"]) for item in self._items() if item["price"])

    def total(self) -> Decimal:
        """Return what the shop wants for it."""
        return Decimal(str(self.ask("GET", "/totals")["grand_total"]))

    def is_active(self) -> bool:
        """Say whether it is still a cart, and no order."""
        return bool(self.ask("GET", "")["is_active"])

    def _items(self) -> list[dict[str, Any]]:
        return list(self.ask("GET", "/items"))


def lines_of(pairs: Iterable[tuple[Any, Any]]) -> tuple[BagLine, ...]:
    """Return lines, each sku once, out of skus and quantities as JSON has them."""
    return merge_lines(BagLine(str(sku), Decimal(str(quantity))) for sku, quantity in pairs)


def in_words(lines: tuple[BagLine, ...]) -> str:
    """Write a bag in a line: 2 of A, 1 of B."""
    return (
        ", ".join(f"{format_quantity(line.quantity)} of {line.sku}" for line in lines) or "nothing"
    )


def _item(**fields: object) -> dict[str, Any]:
    return {"cartItem": fields}
