"""Who may check out, and with what: the shop's configuration, and what the stock has become."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from handoff_sandbox.catalogue import Kind
from handoff_sandbox.quotes import Line, Quote
from handoff_sandbox.totals import totals_of


@dataclass(slots=True)
class Rules:
    """Magento's settings; `minimum` is an amount of money before shipping."""

    guest_checkout: bool = True
    one_page_checkout: bool = True
    minimum: Decimal = Decimal(0)


def trouble_of(line: Line) -> str | None:
    """Say what has gone wrong with a line since it was added, in Magento's words."""
    if line.can_be_bought:
        return None
    goods = line.variant or line.product
    if goods.kind is Kind.BUNDLE:
        return "Some of the products below do not have all the required options."
    if not goods.in_stock:
        return "There are no source items with the in stock status"
    return "The requested qty is not available"


def has_trouble(quote: Quote) -> bool:
    return any(trouble_of(line) for line in quote.visible_lines())


def is_too_small(quote: Quote, rules: Rules) -> bool:
    return totals_of(quote).subtotal < rules.minimum
