"""Remembers which bags checkout has accepted, to ask it less often about similar bags."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from threading import Lock

from handoff.bag import normalize_sku
from handoff.ledger import NewHandoff
from handoff.ledger.checkout_refusal_count import CheckoutRefusalCount
from handoff.magento.quote_models import Quote

_LIFETIME = 60.0  # seconds
_MAX_SKUS = 10_000  # of one store view and currency


@dataclass(slots=True)
class _ExpiryTimes:
    """The times at which accepted skus and accepted totals expire."""

    skus: dict[str, float] = field(default_factory=dict)
    totals: dict[Decimal, float] = field(default_factory=dict)

    def remove_expired(self, now: float) -> None:
        self.skus = {sku: until for sku, until in self.skus.items() if until > now}
        self.totals = {total: until for total, until in self.totals.items() if until > now}


class AcceptedCheckouts:
    """Holds, in one worker and for a minute, the guests' bags that checkout has accepted.

    It forgets everything once checkout has refused a quote of any worker or host.

    A bag is like an accepted one if it is for the same store view and currency, if each of its skus
    was in an accepted bag, and if its total is at least that of an accepted bag.
    """

    def __init__(
        self, refusal_count: CheckoutRefusalCount, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` returns seconds; tests replace it."""
        self._refusal_count = refusal_count
        self._last_count = 0
        self._clock = clock
        self._lock = Lock()
        self._by_store_and_currency: dict[tuple[str, str], _ExpiryTimes] = {}

    def has_similar(self, handoff: NewHandoff, quote: Quote) -> bool:
        """Return whether checkout has accepted a bag like this one within the last minute."""
        if handoff.kind != "bag" or quote.total is None:
            return False
        count = self._refusal_count.read()
        now = self._clock()
        with self._lock:
            if count != self._last_count:
                self._last_count = count
                self._by_store_and_currency.clear()
            known = self._by_store_and_currency.get((handoff.store_code, quote.currency))
            return (
                known is not None
                and all(known.skus.get(sku, 0) > now for sku in _list_skus(quote))
                and any(
                    total <= quote.total and until > now for total, until in known.totals.items()
                )
            )

    def add(self, handoff: NewHandoff, quote: Quote) -> None:
        """Remember that checkout has accepted a quote. Only a guest's bag has any effect."""
        if handoff.kind != "bag" or quote.total is None:
            return
        now = self._clock()
        with self._lock:
            known = self._by_store_and_currency.setdefault(
                (handoff.store_code, quote.currency), _ExpiryTimes()
            )
            known.remove_expired(now)
            if len(known.skus) < _MAX_SKUS:
                known.skus.update(dict.fromkeys(_list_skus(quote), now + _LIFETIME))
                known.totals[quote.total] = now + _LIFETIME

    def forget_in_all_workers(self) -> None:
        """Let all workers forget everything, after checkout has refused a quote."""
        self._refusal_count.increment()


def _list_skus(quote: Quote) -> list[str]:
    return [normalize_sku(line.sku) for line in quote.lines]
