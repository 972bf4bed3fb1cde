"""What is kept of a handoff, and the few statements that change it.

    issued ──▶ spent ──▶ bound           and at any point: superseded, by a newer one
       └─▶ expired

Spending is one conditional UPDATE whose row count is the answer. Nothing is read first.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, case, func, insert, or_, select, update

from handoff.ledger.claims import Claim
from handoff.ledger.clock import Clock
from handoff.ledger.database import Database
from handoff.ledger.schema import handoff

REOPENINGS = 5
"""How often the opener may come back after binding has worked, within the grace."""


class State(Enum):
    """What a link is good for, for somebody who is not its opener."""

    LIVE = "live"
    EXPIRED = "expired"
    USED = "used"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Draft:
    """What a handoff is for. `key` names the transfer, `content` is a digest of what it asks."""

    key: str
    content: str
    reference: str | None
    kind: str
    store: str
    quote_number: int
    customer_id: int | None
    customer_group_id: int | None
    bag: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Handoff:
    """A row of the ledger. Times are milliseconds since 1970."""

    id: str
    key: str
    content: str
    reference: str | None
    kind: str
    store: str
    quote_number: int
    customer_id: int | None
    customer_group_id: int | None
    bag: dict[str, Any]
    issued_at: int
    expires_at: int
    superseded_at: int | None
    spent_at: int | None
    bound_at: int | None
    reopened: int
    opener_hash: str | None

    @property
    def item_count(self) -> int:
        """How many items the bag held, all lines together."""
        return int(sum(float(line["quantity"]) for line in self.bag["lines"]))

    def state(self, now: int) -> State:
        """Say what the link is good for at a moment, for anyone but its opener."""
        if self.superseded_at is not None:
            return State.SUPERSEDED
        if self.spent_at is not None:
            return State.USED
        return State.LIVE if self.expires_at > now else State.EXPIRED


class Ledger:
    """The handoffs of one service. `ttl` and `grace` are in seconds."""

    def __init__(self, database: Database, clock: Clock, *, ttl: int, grace: int) -> None:
        self._database = database
        self._clock = clock
        self._ttl = ttl * 1000
        self._grace = grace * 1000

    def renew(self, claim: Claim, *, key: str, content: str) -> Handoff | None:
        """Give the current handoff of a key a new life and settle the claim.

        Returns None, and settles nothing, unless it is live, unspent and equal in content.
        """
        with self._database.writing() as connection:
            row = self._renew(connection, key=key, content=content)
            if row is None:
                return None
            claim.settle(connection)
        claim.settled = True
        return row

    def issue(self, claim: Claim, draft: Draft) -> Handoff:
        """Renew the equal live handoff, or write a new one that supersedes all it displaces.

        Displaced are the current handoffs of the same key and of the same quote. Raises
        ClaimLost, and writes nothing, when somebody else has taken the transfer over.
        """
        with self._database.writing() as connection:
            claim.settle(connection)
            row = None
            if draft.kind != "bag":  # a bag that got this far has a new cart, unlike any before
                row = self._renew(
                    connection,
                    key=draft.key,
                    content=draft.content,
                    customer_group_id=draft.customer_group_id,
                )
            if row is None:
                row = self._insert(connection, draft)
        claim.settled = True
        return row

    def find(self, handoff_id: str) -> Handoff | None:
        """Return a handoff by its id."""
        with self._database.reading() as connection:
            row = connection.execute(select(handoff).where(handoff.c.id == handoff_id)).mappings()
            return _row(row.first())

    def spend(self, handoff_id: str, openers: list[str]) -> Handoff | None:
        """Let one of the openers in, by hash; the first is who spends a link not yet spent.

        Returns the row as it is afterwards, or None when none of them may enter.
        """
        now = self._clock()
        c = handoff.c
        is_opener = c.opener_hash.in_(openers)
        first = and_(c.spent_at.is_(None), c.expires_at > now)
        again = and_(is_opener, c.bound_at.is_(None), c.expires_at > now)
        reopen = and_(is_opener, c.bound_at > now - self._grace, c.reopened < REOPENINGS)
        entering = (
            update(handoff)
            .where(c.id == handoff_id, c.superseded_at.is_(None), or_(first, again, reopen))
            .values(
                spent_at=func.coalesce(c.spent_at, now),
                opener_hash=func.coalesce(c.opener_hash, openers[0]),
                reopened=case((c.bound_at.is_(None), c.reopened), else_=c.reopened + 1),
            )
            .returning(handoff)
        )
        with self._database.writing() as connection:
            return _row(connection.execute(entering).mappings().first())

    def may_reopen(self, row: Handoff, openers: list[str]) -> bool:
        """Say whether `spend` would let one of these openers in again; promises nothing."""
        if row.opener_hash not in openers or row.superseded_at is not None:
            return False
        now = self._clock()
        if row.bound_at is None:
            return row.expires_at > now
        return row.bound_at > now - self._grace and row.reopened < REOPENINGS

    def bound(self, handoff_id: str) -> None:
        """Note that the quote stands in a web session; the grace runs from the first time."""
        done = update(handoff).where(handoff.c.id == handoff_id, handoff.c.bound_at.is_(None))
        with self._database.writing() as connection:
            connection.execute(done.values(bound_at=self._clock()))

    def state(self, row: Handoff) -> State:
        """Say what a row's link is good for now, for anyone but its opener."""
        return row.state(self._clock())

    def _renew(
        self, connection: Connection, *, key: str, content: str, **changes: Any
    ) -> Handoff | None:
        now = self._clock()
        c = handoff.c
        live = and_(c.superseded_at.is_(None), c.spent_at.is_(None), c.expires_at > now)
        renewed = (
            update(handoff)
            .where(c.key == key, c.content == content, live)
            .values(expires_at=now + self._ttl, **changes)
            .returning(handoff)
        )
        return _row(connection.execute(renewed).mappings().first())

    def _insert(self, connection: Connection, draft: Draft) -> Handoff:
        now = self._clock()
        c = handoff.c
        # Two statements, because for one with OR SQLite would read every current row.
        for displaced in (c.key == draft.key, c.quote_number == draft.quote_number):
            ended = update(handoff).where(displaced, c.superseded_at.is_(None))
            connection.execute(ended.values(superseded_at=now))
        row = Handoff(
            id=_new_id(),
            key=draft.key,
            content=draft.content,
            reference=draft.reference,
            kind=draft.kind,
            store=draft.store,
            quote_number=draft.quote_number,
            customer_id=draft.customer_id,
            customer_group_id=draft.customer_group_id,
            bag=draft.bag,
            issued_at=now,
            expires_at=now + self._ttl,
            superseded_at=None,
            spent_at=None,
            bound_at=None,
            reopened=0,
            opener_hash=None,
        )
        values = {name: getattr(row, name) for name in handoff.c.keys()}
        connection.execute(insert(handoff).values(values))
        return row


def _new_id() -> str:
    """Return 128 random bits as 22 characters that may stand in a URL."""
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()


def _row(mapping: RowMapping | None) -> Handoff | None:
    return None if mapping is None else Handoff(**mapping)
