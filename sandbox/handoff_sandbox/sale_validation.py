"""Checks whether a quantity of a product may be added to a quote."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from handoff_sandbox.catalogue import Product, ProductType
from handoff_sandbox.errors import RuleViolation
from handoff_sandbox.quotes import SandboxQuote

_NEEDS_CHOICE = {
    ProductType.CONFIGURABLE: "You need to choose options for your item.",
    ProductType.BUNDLE: "Please specify product option(s).",
    ProductType.DOWNLOADABLE: "Please specify product link(s).",
    ProductType.SIMPLE: (
        "The product's required option(s) weren't entered. "
        "Make sure the options are entered and try again."
    ),
}


class RefusalReason(StrEnum):
    """GraphQL's codes. Unknown, disabled and sold out products have the same one."""

    PRODUCT_NOT_FOUND = "PRODUCT_NOT_FOUND"
    INSUFFICIENT_STOCK = "INSUFFICIENT_STOCK"
    UNDEFINED = "UNDEFINED"


class SaleRefused(RuleViolation):
    """A sale that the shop refuses. GraphQL reports the reason, REST the message."""

    def __init__(self, reason: RefusalReason, message: str):
        super().__init__(message)
        self.reason = reason


def validate_sale(
    quote: SandboxQuote | None, product: Product, qty: Decimal, variant: Product | None = None
) -> None:
    """Raise SaleRefused unless `qty` more of the product may be added to the quote."""
    if not (product.enabled and product.is_in_stock):
        raise SaleRefused(
            RefusalReason.PRODUCT_NOT_FOUND, "Product that you are trying to add is not available."
        )
    if product.needs_choice and variant is None:
        raise SaleRefused(RefusalReason.UNDEFINED, _NEEDS_CHOICE[product.type])
    goods = variant or product
    if qty != qty.to_integral_value() and not goods.quantities.fractions:
        raise SaleRefused(
            RefusalReason.UNDEFINED, "You cannot use decimal quantity for this product."
        )
    line = quote.find_line_of_product(product, variant) if quote else None
    validate_quantity(goods, qty + (line.qty if line else 0))


def validate_quantity(product: Product, wanted: Decimal) -> None:
    """Raise SaleRefused unless a quote may hold a quantity of the product."""
    rules = product.quantities
    if wanted < rules.minimum and not rules.fractions:
        raise SaleRefused(
            RefusalReason.INSUFFICIENT_STOCK, f"The fewest you may purchase is {rules.minimum}."
        )
    if rules.step and wanted % rules.step:
        raise SaleRefused(
            RefusalReason.UNDEFINED,
            f"You can buy this product only in quantities of {rules.step} at a time.",
        )
    if wanted > rules.maximum:
        raise SaleRefused(
            RefusalReason.UNDEFINED,
            "The requested qty exceeds the maximum qty allowed in shopping cart",
        )
    if wanted > product.stock and not rules.backorders:
        raise SaleRefused(RefusalReason.INSUFFICIENT_STOCK, "The requested qty is not available")
