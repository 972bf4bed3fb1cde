"""Reconciling: asks the shop about what is open, writes down what it says, and reports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from handoff.ledger.database_clock import Clock
from handoff.ledger.reconciliation_repository import IssuePeriod, Passage, ReconciliationRepository
from handoff.ledger.reference_keys import reference_key
from handoff.magento.orders import Orders
from handoff.reconciliation.classification import classify, may_have_order
from handoff.reconciliation.report import ReportEntry, report_entry_for, unknown_reference_entry

T = TypeVar("T")
K = TypeVar("K")

_KEYS_AT_ONCE = 500

Advance = Callable[[int], None]
"""Is told how many passages have been dealt with since it was last told."""


class Reconciler:
    """Holds the ledger against the shop's orders.

    Each method is a generator: what it has given is written down, and stays so wherever it is
    stopped. With `annotate`, orders that are found are marked to be annotated.
    """

    def __init__(
        self,
        passages: ReconciliationRepository,
        orders: Orders,
        clock: Clock,
        *,
        annotate: bool = False,
        advance: Advance = lambda _count: None,
    ) -> None:
        self._passages = passages
        self._orders = orders
        self._clock = clock
        self._annotate = annotate
        self._advance = advance

    def due(self) -> Iterator[ReportEntry]:
        """Deal with all that is due, and give an entry for each transfer that was among it."""
        told: set[str] = set()
        for page in self._passages.due():
            self._settle(page)
            keys = {passage.transfer_key for passage in page} - told
            told |= keys
            yield from self._entries(keys)

    def period(self, period: IssuePeriod) -> Iterator[ReportEntry]:
        """Deal with what is due of a period, and give an entry for each transfer made in it.

        A transfer belongs to the period in which it was made last.
        """
        for page in self._passages.due(period):
            self._settle(page)
        if self._annotate:
            self._passages.want_annotated(period)
        for page in self._passages.issued(period):
            transfers = self._by_key({passage.transfer_key for passage in page})
            for passage in page:
                siblings = transfers[passage.transfer_key]
                if passage == max(siblings, key=lambda each: (each.issued_at, each.id)):
                    yield report_entry_for(siblings)

    def references(self, references: Sequence[str]) -> Iterator[ReportEntry]:
        """Give an entry for each reference; what is open is asked about, due or not."""
        for start in range(0, len(references), _KEYS_AT_ONCE):
            asked = {
                reference_key(each): each for each in references[start : start + _KEYS_AT_ONCE]
            }
            known = self._by_key(asked)
            self._settle([each for passages in known.values() for each in passages])
            if self._annotate:
                self._passages.want_annotated(known)
            known = self._by_key(asked)
            for key, reference in asked.items():
                yield (
                    report_entry_for(known[key])
                    if key in known
                    else unknown_reference_entry(reference)
                )

    def _settle(self, passages: Sequence[Passage]) -> None:
        """Find out what has become of the open passages among these, and write it down."""
        now = self._clock()
        open_ones = [passage for passage in passages if passage.resolved_at is None]
        asked = {passage.quote_number for passage in open_ones if may_have_order(passage)}
        purchases = _grouped(
            self._orders.find_orders(asked), lambda purchase: purchase.quote_number
        )
        # Read after the shop was asked: who was bound before an order is there when it is.
        siblings = self._by_quote({passage.quote_number for passage in open_ones})
        self._passages.record(
            (
                finding
                for number, passages_of_quote in siblings.items()
                for finding in classify(passages_of_quote, purchases.get(number, ()), now)
            ),
            annotate=self._annotate,
        )
        self._advance(len(open_ones))

    def _by_quote(self, numbers: set[int]) -> dict[int, list[Passage]]:
        return _grouped(self._passages.of_quotes(numbers), lambda passage: passage.quote_number)

    def _entries(self, keys: Iterable[str]) -> Iterator[ReportEntry]:
        for passages in self._by_key(keys).values():
            yield report_entry_for(passages)

    def _by_key(self, keys: Iterable[str]) -> dict[str, list[Passage]]:
        return _grouped(self._passages.of_keys(list(keys)), lambda passage: passage.transfer_key)


def _grouped(things: Iterable[T], by: Callable[[T], K]) -> dict[K, list[T]]:
    groups: defaultdict[K, list[T]] = defaultdict(list)
    for thing in things:
        groups[by(thing)].append(thing)
    return groups
