"""Totals of a quote."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from handoff_sandbox.quotes import SandboxQuote

FLAT_RATE = "flatrate_flatrate"
PRICE_PER_SHIPPED_ITEM = Decimal(5)


@dataclass(frozen=True, slots=True)
class Totals:
    """Totals in the quote's currency. There are no taxes and no discounts."""

    subtotal: Decimal
    shipping: Decimal
    qty: Decimal

    @property
    def grand_total(self) -> Decimal:
        """The amount to pay."""
        return self.subtotal + self.shipping


def compute_flat_rate(quote: SandboxQuote) -> Decimal:
    """Return the price of shipping all items that need it."""
    shipped = (line.qty for line in quote.visible_lines if line.product.is_shipped)
    return PRICE_PER_SHIPPED_ITEM * quote.rate * sum(shipped, Decimal(0))


def compute_totals(quote: SandboxQuote) -> Totals:
    """Return the totals. Shipping counts as soon as a method was chosen."""
    lines = quote.visible_lines
    return Totals(
        subtotal=sum((line.row_total for line in lines), Decimal(0)),
        shipping=compute_flat_rate(quote) if quote.shipping_method else Decimal(0),
        qty=quote.total_qty,
    )
