"""Decides what the orders of one quote mean for its handoffs; reads and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from handoff.bag import Bag
from handoff.ledger.models import Handoff, OrderFinding, OrderOutcome
from handoff.magento.order_models import OrderWithLines, is_quote_ordered
from handoff.reconciliation.order_comparison import find_order_differences

_MINUTE = 60_000  # milliseconds
_MIN_CHECK_INTERVAL = 10 * _MINUTE
_QUOTE_LIFETIME = 30 * 24 * 60 * _MINUTE  # Magento's default before it deletes a quote


def can_have_order(handoff: Handoff) -> bool:
    """Return whether the quote of a handoff can have been ordered.

    Nobody knows the quote of a bag until its link is opened. The app knows any other quote, and can
    order it without the link.
    """
    return handoff.is_link_used or handoff.kind != "bag"


def classify_handoffs_of_quote(
    handoffs: Sequence[Handoff], orders: Sequence[OrderWithLines], now: int
) -> Iterator[OrderFinding]:
    """Yield a finding for each handoff of one quote, resolved or not, given all of them.

    An order belongs to the handoff whose session was written last, and resolves the others too.
    Only orders that are not cancelled count. Purged handoffs have no finding.
    """
    owner = max(handoffs, key=lambda handoff: handoff.opening_times)
    for handoff in handoffs:
        if handoff.anonymised_at is not None:
            continue
        own_orders = orders if handoff is owner else ()
        if is_quote_ordered(own_orders):
            yield _classify_with_orders(handoff, own_orders, now)
        elif is_quote_ordered(orders):
            yield OrderFinding(handoff=handoff, outcome=_choose_outcome_without_order(handoff))
        else:
            yield _classify_without_order(handoff, own_orders, now)


def _classify_with_orders(
    handoff: Handoff, orders: Sequence[OrderWithLines], now: int
) -> OrderFinding:
    valid_orders = [order for order in orders if not order.is_cancelled]
    differences = find_order_differences(Bag.from_json(handoff.bag), valid_orders)
    outcome = OrderOutcome.DIFFERS if differences else OrderOutcome.MATCHED
    # The shop can cancel the order and open the quote again, most often soon after the order.
    return OrderFinding(
        handoff=handoff,
        outcome=outcome if handoff.is_link_used else OrderOutcome.NEVER_OPENED,
        orders=[order.as_json() for order in orders],
        differences=[asdict(difference) for difference in differences] or None,
        next_check_at=_compute_next_check_time(handoff, now, _compute_age(handoff, now)),
    )


def _classify_without_order(
    handoff: Handoff, cancelled_orders: Sequence[OrderWithLines], now: int
) -> OrderFinding:
    orders = [order.as_json() for order in cancelled_orders] or None
    next_check_at: int | None
    if not handoff.is_link_used and handoff.superseded_at is not None:
        next_check_at = None
    elif not handoff.is_link_used and handoff.expires_at > now:
        next_check_at = handoff.expires_at
    elif not can_have_order(handoff):
        next_check_at = None
    else:
        next_check_at = _compute_next_check_time(handoff, now, _compute_age(handoff, now) // 4)
    return OrderFinding(
        handoff=handoff,
        outcome=None if next_check_at else _choose_outcome_without_order(handoff),
        orders=orders,
        next_check_at=next_check_at,
    )


def _compute_age(handoff: Handoff, now: int) -> int:
    return now - (handoff.used_at or handoff.issued_at)


def _compute_next_check_time(handoff: Handoff, now: int, interval: int) -> int | None:
    """Return the time after an interval that grows with a handoff's age, or None after 30 days."""
    age = _compute_age(handoff, now)
    if age >= _QUOTE_LIFETIME:
        return None
    return min(now + max(_MIN_CHECK_INTERVAL, interval), now - age + _QUOTE_LIFETIME)


def _choose_outcome_without_order(handoff: Handoff) -> OrderOutcome:
    return OrderOutcome.NOT_ORDERED if handoff.is_link_used else OrderOutcome.NEVER_OPENED
