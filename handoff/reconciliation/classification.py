"""Decides what the orders of one quote mean for its handoffs; reads and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from handoff.bag import Bag
from handoff.bag_comparison import find_order_differences
from handoff.ledger.models import Handoff, OrderFinding, OrderOutcome
from handoff.magento.order_models import OrderWithLines

_MINUTE = 60_000  # milliseconds
_MIN_CHECK_INTERVAL = 10 * _MINUTE
_QUOTE_LIFETIME = 30 * 24 * 60 * _MINUTE  # Magento's default before it deletes a quote


def can_have_order(handoff: Handoff) -> bool:
    """Return whether the quote of a handoff can have been ordered.

    Nobody knows the quote of a bag until its link is opened. The app knows any other quote, and can
    order it without the link.
    """
    return handoff.is_link_used or handoff.kind != "bag"


def classify_handoffs(
    handoffs: Sequence[Handoff], orders: Sequence[OrderWithLines], now: int
) -> Iterator[OrderFinding]:
    """Yield a finding for each unresolved handoff of one quote, given all of its handoffs.

    An order belongs to the handoff whose session was written last, and resolves the others too.
    """
    owner = max(handoffs, key=lambda handoff: handoff.opening_order)
    for handoff in handoffs:
        if handoff.resolved_at is not None:
            continue
        if not orders:
            yield _classify_without_order(handoff, now)
        elif handoff is owner:
            yield _classify_with_orders(handoff, orders)
        else:
            yield OrderFinding(handoff=handoff, outcome=_choose_outcome_without_order(handoff))


def _classify_with_orders(handoff: Handoff, orders: Sequence[OrderWithLines]) -> OrderFinding:
    differences = find_order_differences(Bag.from_json(handoff.bag), orders)
    outcome = OrderOutcome.DIFFERS if differences else OrderOutcome.MATCHED
    return OrderFinding(
        handoff=handoff,
        outcome=outcome if handoff.is_link_used else OrderOutcome.NEVER_OPENED,
        orders=[order.as_json() for order in orders],
        differences=[difference.as_json() for difference in differences] or None,
    )


def _classify_without_order(handoff: Handoff, now: int) -> OrderFinding:
    if not handoff.is_link_used:
        if handoff.superseded_at is not None:
            return OrderFinding(handoff=handoff, outcome=OrderOutcome.NEVER_OPENED)
        if handoff.expires_at > now:
            return OrderFinding(handoff=handoff, next_check_at=handoff.expires_at)
    since = handoff.used_at or handoff.issued_at
    if not can_have_order(handoff) or now - since >= _QUOTE_LIFETIME:
        return OrderFinding(handoff=handoff, outcome=_choose_outcome_without_order(handoff))
    # The older a handoff without an order is, the less often it is checked.
    next_check_at = now + max(_MIN_CHECK_INTERVAL, (now - since) // 4)
    return OrderFinding(handoff=handoff, next_check_at=min(next_check_at, since + _QUOTE_LIFETIME))


def _choose_outcome_without_order(handoff: Handoff) -> OrderOutcome:
    return OrderOutcome.NOT_ORDERED if handoff.is_link_used else OrderOutcome.NEVER_OPENED
