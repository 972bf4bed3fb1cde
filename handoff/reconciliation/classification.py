"""What a look at the shop means for the passages of one quote. Pure: asks and writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from handoff.bag import Bag
from handoff.bag_comparison import find_order_differences
from handoff.ledger.reconciliation_repository import OrderFinding, OrderOutcome, Passage
from handoff.magento.order_models import OrderWithLines

_MINUTE = 60_000
_SOONEST = 10 * _MINUTE
_LIFE_OF_A_QUOTE = 30 * 24 * 60 * _MINUTE  # as Magento clears quotes away, unless told otherwise


def may_have_order(passage: Passage) -> bool:
    """Say whether there can be an order at all.

    The quote of a bag is known to nobody before its link is opened. Any other quote is known to
    the app, and may be ordered without the link.
    """
    return passage.opened or passage.kind != "bag"


def classify(
    passages: Sequence[Passage], purchases: Sequence[OrderWithLines], now: int
) -> Iterator[OrderFinding]:
    """Give a finding for each open passage of one quote, of which these are all.

    An order belongs to the passage that was bound last, and settles the others as well.
    """
    owner = max(passages, key=lambda passage: passage.opening_order)
    for passage in passages:
        if passage.resolved_at is not None:
            continue
        if not purchases:
            yield _without_order(passage, now)
        elif passage is owner:
            yield _with_order(passage, purchases)
        else:
            yield OrderFinding(passage=passage, outcome=_unordered(passage))


def _with_order(passage: Passage, purchases: Sequence[OrderWithLines]) -> OrderFinding:
    differing = find_order_differences(Bag.from_json(passage.bag), purchases)
    outcome = OrderOutcome.DIFFERS if differing else OrderOutcome.MATCHED
    return OrderFinding(
        passage=passage,
        outcome=outcome if passage.opened else OrderOutcome.NEVER_OPENED,
        orders=list(_as_json(purchases)),
        differences=[each.as_json() for each in differing] or None,
    )


def _without_order(passage: Passage, now: int) -> OrderFinding:
    if not passage.opened:
        if passage.superseded_at is not None:
            return OrderFinding(passage=passage, outcome=OrderOutcome.NEVER_OPENED)
        if passage.expires_at > now:
            return OrderFinding(passage=passage, next_check_at=passage.expires_at)
    since = passage.used_at or passage.issued_at
    if not may_have_order(passage) or now - since >= _LIFE_OF_A_QUOTE:
        return OrderFinding(passage=passage, outcome=_unordered(passage))
    # The longer nothing has come, the less is it worth asking often.
    again = now + max(_SOONEST, (now - since) // 4)
    return OrderFinding(passage=passage, next_check_at=min(again, since + _LIFE_OF_A_QUOTE))


def _unordered(passage: Passage) -> OrderOutcome:
    return OrderOutcome.NOT_ORDERED if passage.opened else OrderOutcome.NEVER_OPENED


def _as_json(purchases: Iterable[OrderWithLines]) -> Iterator[dict[str, Any]]:
    for purchase in purchases:
        yield {
            "id": purchase.order_id,
            "number": purchase.number,
            "state": purchase.state,
            "replaced_by": purchase.replaced_by,
        }
