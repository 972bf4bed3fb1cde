"""The calls that a transfer makes to a shop, so that a test can let each of them fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.magento.faulty_shop import Behaviour, Call
from tests.magento.shop_behaviours import answers_page, behaves_if, forwards_to

MASKED_ID = "Zk4hQ9LrT2vXbN7mJc5WsP1yGd8FoA3e"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJ1aWQiOjF9.a-token-of-nobody"


@dataclass(frozen=True, slots=True)
class TransferCall:
    """A transfer, and which of its calls a fault is_faulty; the others reach the stand-in shop."""

    name: str
    body: dict[str, Any]
    is_faulty: Callable[[Call], bool]
    has_graphql: bool = True

    def with_fault(self, fault: Behaviour, stand_in: str) -> Behaviour:
        """Return how the shop behaves when this call fails."""
        otherwise = forwards_to(stand_in)
        if not self.has_graphql:
            otherwise = behaves_if(
                lambda call: call.path == "/graphql", answers_page(404), otherwise
            )
        return behaves_if(self.is_faulty, fault, otherwise)


def build_bag_transfer(*lines: tuple[str, int]) -> dict[str, Any]:
    """Return a transfer of a bag."""
    items = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
    return {"items": items, "currency": "GBP", "reference": "r-1"}


def _match_method(method: str) -> Callable[[Call], bool]:
    return lambda call: call.method == method


READ_GUEST_QUOTE = TransferCall("reading a guest quote", {"quote_id": MASKED_ID}, lambda call: True)
READ_CUSTOMER_QUOTE = TransferCall(
    "reading a customer quote", {"quote_id": 7, "token_id": TOKEN}, lambda call: True
)
CREATE_CART = TransferCall(
    "making a cart",
    build_bag_transfer(("ITEM-01", 2)),
    lambda call: call.path.endswith("/guest-carts"),
    has_graphql=False,
)
ADD_LINE = TransferCall(
    "adding a line",
    build_bag_transfer(("ITEM-01", 2)),
    lambda call: call.path.endswith("/items"),
    has_graphql=False,
)
FILL_CART = TransferCall(
    "filling a cart",
    build_bag_transfer(("ITEM-01", 2), ("ITEM-02", 1)),
    lambda call: call.path == "/graphql",
)
READ_FILLED_QUOTE = TransferCall(
    "reading a filled cart",
    build_bag_transfer(("ITEM-01", 2), ("ITEM-02", 1)),
    _match_method("GET"),
)

TRANSFER_CALLS = (
    READ_GUEST_QUOTE,
    READ_CUSTOMER_QUOTE,
    CREATE_CART,
    ADD_LINE,
    FILL_CART,
    READ_FILLED_QUOTE,
)
