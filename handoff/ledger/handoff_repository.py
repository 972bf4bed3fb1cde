"""What is kept of a handoff, and the few statements that change it.

    issued ──▶ spent and bound ◀──▶ spent       and at any point: superseded, by a newer one
       └─▶ expired                    └─▶ expired

Spending is one conditional UPDATE whose row count is the answer. Nothing is read first. It says
that the quote is bound, which is so a moment later; where that fails, it is taken back.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    and_,
    bindparam,
    case,
    func,
    insert,
    or_,
    select,
    update,
)

from handoff.ledger.database import Database
from handoff.ledger.database_clock import NOW, Clock, now_parameter
from handoff.ledger.leases import Lease
from handoff.ledger.statements import RawConnection, Row, Statement
from handoff.ledger.tables import handoff

MAX_REOPENS = 5
"""How often the opener may come back after binding has worked, within the grace."""


class LinkState(Enum):
    """What a link is good for, for somebody who is not its opener."""

    LIVE = "live"
    EXPIRED = "expired"
    USED = "used"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class NewHandoff:
    """What a handoff is for. `key` names the transfer, `content` is a digest of what it asks."""

    transfer_key: str
    content_hash: str
    reference: str | None
    kind: str
    store_code: str
    quote_number: int
    customer_id: int | None
    customer_group_id: int | None
    bag: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff(NewHandoff):
    """A row of the ledger, as far as the service needs it. Times are milliseconds since 1970."""

    id: str
    issued_at: int
    expires_at: int
    superseded_at: int | None
    used_at: int | None
    session_written_at: int | None
    reopen_count: int
    web_view_hash: str | None
    read_at: int = field(compare=False)

    @property
    def item_count(self) -> int:
        """How many items the bag held, all lines together."""
        return int(sum(float(line["quantity"]) for line in self.bag["lines"]))

    @property
    def state(self) -> LinkState:
        """What the link was good for when it was read, for anyone but its opener."""
        if self.superseded_at is not None:
            return LinkState.SUPERSEDED
        if self.session_written_at is None and self.expires_at <= self.read_at:
            return LinkState.EXPIRED  # spent or not, nobody has ever been let in
        return LinkState.LIVE if self.used_at is None else LinkState.USED


# The statements, made once. What has no time yet, or is over, is decided within them.
_c = handoff.c
_ttl: BindParameter[int] = bindparam("ttl", type_=BigInteger)
_id: BindParameter[str] = bindparam("the_id")
_grace: BindParameter[int] = bindparam("grace", type_=BigInteger)
_is_live = and_(_c.superseded_at.is_(None), _c.used_at.is_(None), _c.expires_at > NOW)
_is_opener = _c.web_view_hash.in_(bindparam("openers", expanding=True))

_NAMES = tuple(field.name for field in fields(Handoff))
_ROW = tuple(NOW.label(name) if name == "read_at" else _c[name] for name in _NAMES)
_FIND = Statement(select(*_ROW).where(_c.id == _id))

_RENEW = Statement(
    update(handoff)
    .where(
        _c.transfer_key == bindparam("the_key"),
        _c.content_hash == bindparam("the_content"),
        _is_live,
    )
    .values(expires_at=NOW + _ttl, customer_group_id=bindparam("group"))
    .returning(*_ROW)
)

# Two, because for one with OR SQLite would read every current row.
_displace = update(handoff).where(_c.superseded_at.is_(None)).values(superseded_at=NOW)
_SUPERSEDE_KEY = Statement(_displace.where(_c.transfer_key == bindparam("the_key")))
_SUPERSEDE_QUOTE = Statement(_displace.where(_c.quote_number == bindparam("quote")))

_SPEND = Statement(
    update(handoff)
    .where(
        _c.id == _id,
        _c.superseded_at.is_(None),
        or_(
            and_(_c.used_at.is_(None), _c.expires_at > NOW),
            and_(_is_opener, _c.session_written_at.is_(None), _c.expires_at > NOW),
            and_(_is_opener, _c.session_written_at > NOW - _grace, _c.reopen_count < MAX_REOPENS),
        ),
    )
    .values(
        used_at=func.coalesce(_c.used_at, NOW),
        session_written_at=func.coalesce(_c.session_written_at, NOW),
        web_view_hash=func.coalesce(_c.web_view_hash, bindparam("opener")),
        reopen_count=case(
            (_c.session_written_at.is_(None), _c.reopen_count), else_=_c.reopen_count + 1
        ),
    )
    .returning(*_ROW)
)

_GIVEN = ("id", *(field.name for field in fields(NewHandoff)))
_INSERT = Statement(
    insert(handoff)
    .values({name: bindparam(name, type_=_c[name].type) for name in _GIVEN})
    .values(issued_at=NOW, expires_at=NOW + _ttl, reopen_count=0)
    .returning(*_ROW)
)

_UNBOUND = Statement(update(handoff).where(_c.id == _id).values(session_written_at=None))


class HandoffRepository:
    """The handoffs of one service. `ttl` and `grace` are in seconds."""

    def __init__(
        self, database: Database, clock: Clock | None = None, *, ttl: int, grace: int
    ) -> None:
        """Take a clock where not the database's own is to count."""
        self._database = database
        self._clock = clock
        self._ttl = ttl * 1000
        self._grace = grace * 1000

    def renew(self, claim: Lease, *, key: str, content: str) -> Handoff | None:
        """Give the current handoff of a key a new life and settle the claim.

        Returns None, and settles nothing, unless it is live, unspent and equal in content.
        """

        def work(connection: RawConnection) -> Handoff | None:
            row = self._renew(connection, key, content, group=None)
            if row is not None:
                claim.settle(connection)
            return row

        row = self._database.write_raw(work)
        claim.settled = row is not None
        return row

    def issue(self, claim: Lease, draft: NewHandoff) -> Handoff:
        """Renew the equal live handoff, or write a new one that supersedes all it displaces.

        Displaced are the current handoffs of the same key and of the same quote. Raises
        ClaimLost, and writes nothing, when somebody else has taken the transfer over.
        """

        def work(connection: RawConnection) -> Handoff:
            claim.settle(connection)
            row = None
            if draft.kind != "bag":  # a bag that got this far has a new cart, unlike any before
                group = draft.customer_group_id
                row = self._renew(connection, draft.transfer_key, draft.content_hash, group=group)
            return row or self._insert(connection, draft)

        row = self._database.write_raw(work)
        claim.settled = True
        return row

    def find(self, handoff_id: str) -> Handoff | None:
        """Return a handoff by its id."""
        with self._database.reading_raw() as connection:
            return _first(_FIND.run(connection, {"the_id": handoff_id, **self._now()}))

    def spend(self, handoff_id: str, openers: list[str]) -> Handoff | None:
        """Let one of the openers in, by hash; the first is who spends a link not yet spent.

        Returns the row as it is afterwards, or None when none of them may enter. The row says that
        the quote is bound: call `unbound` where it cannot be.
        """
        values = {
            "the_id": handoff_id,
            "grace": self._grace,
            "openers": openers,
            "opener": openers[0],
            **self._now(),
        }
        return self._database.write_raw(lambda connection: _first(_SPEND.run(connection, values)))

    def may_reopen(self, row: Handoff, openers: list[str]) -> bool:
        """Say whether `spend` would let one of these openers in again; promises nothing."""
        if row.web_view_hash not in openers or row.superseded_at is not None:
            return False
        if row.session_written_at is None:
            return row.expires_at > row.read_at
        return row.session_written_at > row.read_at - self._grace and row.reopen_count < MAX_REOPENS

    def unbound(self, handoff_id: str) -> None:
        """Take back that the quote stands in a web session.

        Its opener may come back for as long as the link lives, and not for the grace alone.
        """
        values = {"the_id": handoff_id}
        self._database.write_raw(lambda connection: _UNBOUND.run(connection, values), durable=False)

    def _renew(
        self, connection: RawConnection, key: str, content: str, *, group: int | None
    ) -> Handoff | None:
        values = {
            "the_key": key,
            "the_content": content,
            "ttl": self._ttl,
            "group": group,
            **self._now(),
        }
        return _first(_RENEW.run(connection, values))

    def _insert(self, connection: RawConnection, draft: NewHandoff) -> Handoff:
        now = self._now()
        _SUPERSEDE_KEY.run(connection, {"the_key": draft.transfer_key, **now})
        _SUPERSEDE_QUOTE.run(connection, {"quote": draft.quote_number, **now})
        values = {each.name: getattr(draft, each.name) for each in fields(draft)}
        values |= {"id": new_id(), "ttl": self._ttl, **now}
        [row] = _INSERT.run(connection, values)
        return _handoff(row)

    def _now(self) -> dict[str, int | None]:
        return now_parameter(self._clock)


def new_id() -> str:
    """Return 128 random bits as 22 characters that may stand in a URL."""
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()


def _first(rows: list[Row]) -> Handoff | None:
    return _handoff(rows[0]) if rows else None


def _handoff(row: Row) -> Handoff:
    return Handoff(**dict(zip(_NAMES, row, strict=True)))
