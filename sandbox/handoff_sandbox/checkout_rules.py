"""The rules that open or close checkout: the shop's settings and the errors of lines."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from handoff_sandbox.catalogue import ProductType
from handoff_sandbox.quotes import QuoteLine, SandboxQuote
from handoff_sandbox.totals import compute_totals


@dataclass(slots=True)
class CheckoutRules:
    """Magento's settings. `minimum` is an amount of money before shipping.

    `session_tie` is what a session is tied to: a name as in `web/session/use_…`, or nothing.
    `session_lifetime` is in seconds from the last change of a session; 0: it has no end.
    """

    guest_checkout: bool = True
    one_page_checkout: bool = True
    minimum: Decimal = Decimal(0)
    session_tie: str = ""
    session_lifetime: int = 0


def describe_line_error(line: QuoteLine) -> str | None:
    """Return Magento's message about a line that can no longer be bought, else None."""
    if line.can_be_bought:
        return None
    if line.goods.type is ProductType.BUNDLE:
        return "Some of the products below do not have all the required options."
    if not line.goods.is_in_stock:
        return "There are no source items with the in stock status"
    return "The requested qty is not available"


def has_line_errors(quote: SandboxQuote) -> bool:
    """Return whether a visible line can no longer be bought."""
    return any(describe_line_error(line) for line in quote.visible_lines)


def is_below_minimum(quote: SandboxQuote, rules: CheckoutRules) -> bool:
    """Return whether the subtotal is below the minimum."""
    return compute_totals(quote).subtotal < rules.minimum
