from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from handoff_sandbox.quotes import Quote

FLAT_RATE = "flatrate_flatrate"
PRICE_PER_ITEM_SENT = Decimal(5)


@dataclass(frozen=True, slots=True)
class Totals:
    """What a quote costs, in its currency; nothing is taxed or discounted."""

    subtotal: Decimal
    shipping: Decimal
    qty: Decimal

    @property
    def grand_total(self) -> Decimal:
        return self.subtotal + self.shipping


def flat_rate(quote: Quote) -> Decimal:
    sent = (line.qty for line in quote.visible_lines() if line.product.is_sent)
    return PRICE_PER_ITEM_SENT * quote.rate * sum(sent, Decimal(0))


def totals_of(quote: Quote) -> Totals:
    """Add up; shipping counts from the moment when a method was chosen."""
    lines = quote.visible_lines()
    return Totals(
        subtotal=sum((line.row_total for line in lines), Decimal(0)),
        shipping=flat_rate(quote) if quote.ships_by else Decimal(0),
        qty=quote.total_qty(),
    )
