"""What the shop's rules say to a quantity of a product."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from handoff.sandbox.catalogue import Product
from handoff.sandbox.errors import Refused
from handoff.sandbox.quotes import Quote

MOST_IN_CART = 10_000


class Why(StrEnum):
    """GraphQL's codes; a shopper cannot tell unknown, disabled and sold out apart."""

    PRODUCT_NOT_FOUND = "PRODUCT_NOT_FOUND"
    INSUFFICIENT_STOCK = "INSUFFICIENT_STOCK"
    UNDEFINED = "UNDEFINED"


class CannotSell(Refused):
    """A refusal that GraphQL reports by code and REST by its message."""

    def __init__(self, why: Why, message: str):
        super().__init__(message)
        self.why = why


def check_sale(quote: Quote | None, product: Product, qty: Decimal) -> None:
    """Raise CannotSell unless `qty` more of the product may go into the quote."""
    if not (product.enabled and product.in_stock):
        raise CannotSell(
            Why.PRODUCT_NOT_FOUND, "Product that you are trying to add is not available."
        )
    if qty != qty.to_integral_value():
        raise CannotSell(Why.UNDEFINED, "You cannot use decimal quantity for this product.")
    line = quote.line_of(product) if quote else None
    check_quantity(product, qty + (line.qty if line else 0))


def check_quantity(product: Product, wanted: Decimal) -> None:
    """Raise CannotSell unless a cart may hold that many of the product."""
    if wanted > MOST_IN_CART:
        raise CannotSell(
            Why.UNDEFINED, "The requested qty exceeds the maximum qty allowed in shopping cart"
        )
    if wanted > product.stock:
        raise CannotSell(Why.INSUFFICIENT_STOCK, "The requested qty is not available")
