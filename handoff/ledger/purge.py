"""Purges old handoffs from the ledger, in batches too small to slow down the service.

A handoff is purged in two steps. First it is anonymised: its bag, customer and web view are
removed, and the rest shows which order its reference led to. Later it is deleted. Without a
reference, the rest would show nothing, so such a handoff is deleted at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import Any

import sqlalchemy as sa

from handoff.ledger.database import NOW, Database
from handoff.ledger.handoff_repository import iterate_handoffs
from handoff.ledger.models import Handoff, OrderOutcome
from handoff.ledger.refused_transfer_repository import IS_OVER_RETENTION
from handoff.ledger.row_parser import MAX_TIME, UnreadableCallback, ignore_unreadable
from handoff.ledger.stored_session_repository import IS_TO_ERASE
from handoff.ledger.tables import (
    ended_ops_session,
    handoff,
    lease,
    login_block,
    refused_transfer,
    stored_session,
    webhook_event,
)
from handoff.problems import RecordUnreadable

_BATCH = 200  # handoffs in one transaction; a transfer may wait a few milliseconds for it
_HOUR = 3_600_000  # milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeRequest:
    """Which handoffs to purge: those issued before these times, in milliseconds since 1970.

    `include_unreconciled` includes handoffs that nobody has reconciled, and deletes those that
    cannot be read.
    """

    anonymise_before: int
    delete_before: int
    include_unreconciled: bool = False


@dataclass(frozen=True, slots=True)
class PurgeCounts:
    """How many handoffs were anonymised and deleted, how many stay because they are not
    reconciled or cannot be read, and how many leases of dead processes, refused transfers and
    events of webhooks were deleted."""

    anonymised_count: int = 0
    deleted_count: int = 0
    unreconciled_count: int = 0
    unreadable_count: int = 0
    lease_count: int = 0
    refusal_count: int = 0
    event_count: int = 0

    def __add__(self, other: PurgeCounts) -> PurgeCounts:
        return PurgeCounts(*map(sum, zip(astuple(self), astuple(other), strict=True)))


DELIVERED_RETENTION = 7 * 24  # hours
UNDELIVERED_RETENTION = 30 * 24  # hours

_c = handoff.c
# SQLite reads the whole table for all three conditions in one statement.
_EVENTS_OVER = (
    sa.or_(
        webhook_event.c.delivered_at < NOW - DELIVERED_RETENTION * _HOUR,
        webhook_event.c.created_at < NOW - UNDELIVERED_RETENTION * _HOUR,
    ),
    # A damaged time, such as a text, sorts after all times.
    sa.and_(webhook_event.c.created_at > MAX_TIME, webhook_event.c.set_aside_at.is_not(None)),
)
_is_abandoned = lease.c.expires_at < NOW - _HOUR
_ANONYMISE = sa.update(handoff).values(
    content_hash="",
    bag={"currency": "", "lines": []},
    customer_id=None,
    customer_group_id=None,
    visitor_id=None,
    customer_tax=sa.null(),
    web_view_hash=None,
    differences=sa.null(),
    outcome=sa.case((_c.resolved_at.is_(None), OrderOutcome.UNRECONCILED.value), else_=_c.outcome),
    resolved_at=sa.func.coalesce(_c.resolved_at, NOW),
    next_check_at=None,
    anonymised_at=NOW,
)


class Purger:
    """Purges the ledger while the service runs; with `dry_run` it only counts.

    A handoff that cannot be read is passed to `on_unreadable`.
    """

    def __init__(
        self,
        database: Database,
        *,
        dry_run: bool = False,
        on_unreadable: UnreadableCallback = ignore_unreadable,
    ) -> None:
        self._database = database
        self._dry_run = dry_run
        self._on_unreadable = on_unreadable
        self._unreadable_keys: list[Any] = []

    def purge(self, request: PurgeRequest) -> Iterator[PurgeCounts]:
        """Purge, and yield the counts of each batch when it is committed."""
        for page in self._iterate_issued(_c.issued_at < request.delete_before):
            yield self._purge_page(page, request, delete_all=True)
        for page in self._iterate_issued(
            _c.issued_at >= request.delete_before,
            _c.issued_at < request.anonymise_before,
            _c.anonymised_at.is_(None),
        ):
            yield self._purge_page(page, request, delete_all=False)
        # A damaged time, such as a text, sorts after all times.
        for page in self._iterate_issued(_c.issued_at > MAX_TIME):
            yield self._purge_page(page, request, delete_all=True)
        yield self._purge_unreadable(request)
        leases = self._delete_rows(lease, _is_abandoned)
        yield PurgeCounts(lease_count=leases)
        for table in (ended_ops_session, login_block):
            self._delete_rows(table, table.c.expires_at <= NOW)
        refusals = self._delete_rows(refused_transfer, IS_OVER_RETENTION)
        yield PurgeCounts(refusal_count=refusals)
        self._delete_rows(stored_session, IS_TO_ERASE)
        yield from self._purge_events()

    def _iterate_issued(self, *conditions: sa.ColumnElement[bool]) -> Iterator[list[Handoff]]:
        return iterate_handoffs(
            self._database,
            *conditions,
            order_by=(_c.issued_at, _c.id),
            page_size=_BATCH,
            on_unreadable=self._add_unreadable,
        )

    def _add_unreadable(self, unreadable: RecordUnreadable) -> None:
        self._on_unreadable(unreadable)
        self._unreadable_keys.append(unreadable.key)

    def _purge_unreadable(self, request: PurgeRequest) -> PurgeCounts:
        keys = self._unreadable_keys
        if not request.include_unreconciled:
            return PurgeCounts(unreadable_count=len(keys))
        return PurgeCounts(deleted_count=self._delete_rows(handoff, _c.id.in_(keys)))

    def _purge_page(
        self, page: list[Handoff], request: PurgeRequest, *, delete_all: bool
    ) -> PurgeCounts:
        expired = [found for found in page if found.expires_at <= found.read_at]
        due = expired
        if not request.include_unreconciled:
            due = [found for found in expired if found.resolved_at is not None]
        deleted = [found.id for found in due if delete_all or found.reference is None]
        anonymised = [found.id for found in due if found.id not in deleted]

        def work(connection: sa.Connection) -> None:
            if deleted:
                connection.execute(sa.delete(handoff).where(_c.id.in_(deleted)))
            if anonymised:
                connection.execute(_ANONYMISE.where(_c.id.in_(anonymised)))

        if due and not self._dry_run:
            self._database.write(work, durable=False)
        return PurgeCounts(len(anonymised), len(deleted), len(expired) - len(due))

    def _purge_events(self) -> Iterator[PurgeCounts]:
        """Delete events of webhooks that are delivered, or that no receiver has accepted."""
        key = webhook_event.c.sequence
        for condition in _EVENTS_OVER:
            if not self._dry_run:
                condition = key.in_(sa.select(key).where(condition).limit(_BATCH))
            while count := self._delete_rows(webhook_event, condition):
                yield PurgeCounts(event_count=count)
                if self._dry_run:
                    break

    def _delete_rows(self, table: sa.Table, condition: sa.ColumnElement[bool]) -> int:
        """Delete the few rows of a table that meet a condition, and return their number."""
        if self._dry_run:
            count = sa.select(sa.func.count()).select_from(table).where(condition)
            return int(self._database.fetch_value(count))
        return self._database.execute(sa.delete(table).where(condition), durable=False)
