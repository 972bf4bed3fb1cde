"""What the shop's rules say to a quantity of a product."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from handoff_sandbox.catalogue import Kind, Product
from handoff_sandbox.errors import Refused
from handoff_sandbox.quotes import Quote

_NEEDS_CHOICE = {
    Kind.CONFIGURABLE: "You need to choose options for your item.",
    Kind.BUNDLE: "Please specify product option(s).",
    Kind.DOWNLOADABLE: "Please specify product link(s).",
    Kind.SIMPLE: (
        "The product's required option(s) weren't entered. "
        "Make sure the options are entered and try again."
    ),
}


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


def check_sale(
    quote: Quote | None, product: Product, qty: Decimal, variant: Product | None = None
) -> None:
    """Raise CannotSell unless `qty` more of the product may go into the quote."""
    if not (product.enabled and product.in_stock):
        raise CannotSell(
            Why.PRODUCT_NOT_FOUND, "Product that you are trying to add is not available."
        )
    if product.needs_choice and variant is None:
        raise CannotSell(Why.UNDEFINED, _NEEDS_CHOICE[product.kind])
    bought = variant or product
    if qty != qty.to_integral_value() and not bought.quantities.fractions:
        raise CannotSell(Why.UNDEFINED, "You cannot use decimal quantity for this product.")
    line = quote.line_of(product, variant) if quote else None
    check_quantity(bought, qty + (line.qty if line else 0))


def check_quantity(product: Product, wanted: Decimal) -> None:
    """Raise CannotSell unless a cart may hold that many of the product."""
    sold = product.quantities
    if wanted < sold.fewest and not sold.fractions:
        raise CannotSell(Why.INSUFFICIENT_STOCK, f"The fewest you may purchase is {sold.fewest}.")
    if sold.step and wanted % sold.step:
        raise CannotSell(
            Why.UNDEFINED, f"You can buy this product only in quantities of {sold.step} at a time."
        )
    if wanted > sold.most:
        raise CannotSell(
            Why.UNDEFINED, "The requested qty exceeds the maximum qty allowed in shopping cart"
        )
    if wanted > product.stock and not sold.backorders:
        raise CannotSell(Why.INSUFFICIENT_STOCK, "The requested qty is not available")
