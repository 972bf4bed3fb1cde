"""Searches the shop for the orders of handoffs, records the findings, and reports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from handoff.ledger.database import Clock
from handoff.ledger.models import Handoff, IssuePeriod, simplify_reference
from handoff.ledger.reconciliation_repository import ReconciliationRepository
from handoff.magento.orders import Orders
from handoff.reconciliation.classification import can_have_order, classify_handoffs_of_quote
from handoff.reconciliation.report_entry import ReportEntry, build_entry, build_unknown_entry

T = TypeVar("T")
K = TypeVar("K")

_REFERENCES_PER_PAGE = 500

ProgressCallback = Callable[[int], None]
"""Gets the number of handoffs that were checked since the last call."""


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Compares the ledger with the shop's orders.

    Each method is a generator. The entries that it has yielded are recorded, even if it is stopped.
    With `request_comments`, it requests comments on the orders that it finds.
    """

    repository: ReconciliationRepository
    orders: Orders
    clock: Clock
    request_comments: bool = False
    on_progress: ProgressCallback = lambda _count: None

    def reconcile_due(self) -> Iterator[ReportEntry]:
        """Check all handoffs that are due, and yield an entry for each of their transfers.

        A transfer that was resolved before has an entry only if its result has changed.
        """
        reported: set[str] = set()
        for page in self.repository.iterate_due_handoffs():
            results = {handoff.id: _get_outcome_and_order_ids(handoff) for handoff in page}
            self._find_and_record_orders(page)
            keys = {handoff.transfer_key for handoff in page} - reported
            for key, handoffs in self._find_by_transfer_key(keys).items():
                if any(
                    _has_changed_outcome(handoff, results.get(handoff.id)) for handoff in handoffs
                ):
                    reported.add(key)
                    yield build_entry(handoffs)

    def reconcile_period(self, period: IssuePeriod) -> Iterator[ReportEntry]:
        """Check the handoffs of a period, due or not, and yield an entry for each transfer in it.

        A repeated transfer belongs to the period of its last repetition.
        """
        for page in self.repository.iterate_open_handoffs(period):
            self._find_and_record_orders(page)
        if self.request_comments:
            self.repository.request_comments(period)
        for page in self.repository.iterate_issued_handoffs(period):
            transfers = self._find_by_transfer_key({handoff.transfer_key for handoff in page})
            for handoff in page:
                siblings = transfers[handoff.transfer_key]
                if handoff == max(siblings, key=lambda sibling: (sibling.issued_at, sibling.id)):
                    yield build_entry(siblings)

    def reconcile_references(self, references: Sequence[str]) -> Iterator[ReportEntry]:
        """Check the handoffs of references, due or not, and yield an entry for each reference.

        Case and hyphens do not matter. A reference that matches several transfers has an entry for
        each of them.
        """
        for start in range(0, len(references), _REFERENCES_PER_PAGE):
            page = references[start : start + _REFERENCES_PER_PAGE]
            found = self.repository.find_by_references(page)
            self._find_and_record_orders(found)
            if self.request_comments:
                self.repository.request_comments({handoff.transfer_key for handoff in found})
            matches = _group_by(
                self.repository.find_by_references(page),
                lambda handoff: simplify_reference(handoff.reference or ""),
            )
            for reference in page:
                matched = matches.get(simplify_reference(reference))
                if matched is None:
                    yield build_unknown_entry(reference)
                    continue
                for handoffs in _group_by(matched, lambda handoff: handoff.transfer_key).values():
                    yield build_entry(handoffs)

    def reconcile_transfer(self, transfer_key: str) -> None:
        """Check the handoffs of one transfer, due or not."""
        self._find_and_record_orders(self.repository.find_by_transfer_keys([transfer_key]))

    def _find_and_record_orders(self, handoffs: Sequence[Handoff]) -> None:
        """Find the orders of the handoffs that may still change, and record the findings."""
        now = self.clock()
        checked = [handoff for handoff in handoffs if handoff.next_check_at is not None]
        quotes = {handoff.quote_number for handoff in checked if can_have_order(handoff)}
        unreadable: set[int] = set()
        found = self.orders.find_orders(quotes, on_unreadable_quote=unreadable.add)
        orders = _group_by(found, lambda order: order.quote_number)
        quotes -= unreadable  # nothing is recorded for them, and they stay due
        # Read after the orders, so that the session of each ordered handoff is already recorded.
        siblings = _group_by(
            self.repository.find_by_quotes({handoff.quote_number for handoff in checked}),
            lambda handoff: handoff.quote_number,
        )
        for quote in siblings.keys() - quotes:  # the shop was not asked, or gave no clear answer
            siblings[quote] = [each for each in siblings[quote] if not can_have_order(each)]
        self.repository.record_findings(
            (
                finding
                for quote, handoffs_of_quote in siblings.items()
                if handoffs_of_quote
                for finding in classify_handoffs_of_quote(
                    handoffs_of_quote, orders.get(quote, ()), now
                )
            ),
            request_comments=self.request_comments,
        )
        self.on_progress(len(checked))

    def _find_by_transfer_key(self, keys: Collection[str]) -> dict[str, list[Handoff]]:
        found = self.repository.find_by_transfer_keys(keys)
        return _group_by(found, lambda handoff: handoff.transfer_key)


def _get_outcome_and_order_ids(handoff: Handoff) -> tuple[str | None, list[int]]:
    return handoff.outcome, [order["id"] for order in handoff.valid_orders]


def _has_changed_outcome(handoff: Handoff, before: tuple[str | None, list[int]] | None) -> bool:
    """Return whether a handoff had no outcome `before`, or has another one now."""
    if before is None:  # it was not due
        return False
    return before[0] is None or _get_outcome_and_order_ids(handoff) != before


def _group_by(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    groups: defaultdict[K, list[T]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups
