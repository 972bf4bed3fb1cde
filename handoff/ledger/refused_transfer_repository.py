"""The refused transfers, which callers can ask about for 30 days.

Each reference of a caller has its last few refusals. Quote ids and tokens are not stored. No write
is durable: after a power failure, only the answer to such a question is missing.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from handoff.ledger.database import NOW, Database
from handoff.ledger.models import build_reference_key
from handoff.ledger.row_parser import TextValue, TimeValue, parse_row, parse_rows, select_fields
from handoff.ledger.tables import refused_transfer

RETENTION = 30 * 24 * 3600
"""Seconds that a refused transfer is kept."""

REFUSALS_PER_REFERENCE = 5
"""The refusals of a reference that are kept, the last ones."""

_c = refused_transfer.c
IS_OVER_RETENTION = _c.refused_at <= NOW - RETENTION * 1000
"""The condition for the rows that nobody may read and that purging deletes."""


@dataclass(frozen=True, slots=True)
class RefusedTransfer:
    """A refusal of a reference: the problem's code, the skus that it names, and the time."""

    reference: TextValue
    code: TextValue
    skus: list[TextValue]
    refused_at: TimeValue
    transfer_key: TextValue


_of_transfer = _c.transfer_key == sa.bindparam("transfer_key")
_kept = (
    sa.select(_c.sequence)
    .where(_of_transfer)
    .order_by(_c.sequence.desc())
    .limit(REFUSALS_PER_REFERENCE)
)
_INSERT = sa.insert(refused_transfer).values(refused_at=NOW)
_DELETE_OLDEST = sa.delete(refused_transfer).where(_of_transfer, _c.sequence.not_in(_kept))
FIND_REFUSALS = select_fields(RefusedTransfer, refused_transfer).where(sa.not_(IS_OVER_RETENTION))
"""Reads the refusals that may still be read."""

_FIND = FIND_REFUSALS.where(_of_transfer).order_by(_c.sequence.desc()).limit(1)
_FIND_LAST = FIND_REFUSALS.order_by(_c.refused_at.desc(), _c.sequence.desc()).limit(
    sa.bindparam("count", type_=sa.Integer)
)


class RefusedTransferRepository:
    """The refused transfers of one service."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, caller: str | None, reference: str, *, code: str, skus: list[str]) -> None:
        """Keep a refusal, and delete the oldest one of the same reference if there are too many."""
        values = {
            "transfer_key": build_reference_key(caller, reference),
            "reference": reference,
            "code": code,
            "skus": skus,
        }

        def work(connection: sa.Connection) -> None:
            connection.execute(_INSERT, values)
            connection.execute(_DELETE_OLDEST, {"transfer_key": values["transfer_key"]})

        self._database.write(work, durable=False)

    def find(self, caller: str | None, reference: str) -> RefusedTransfer | None:
        """Return the last refusal of a caller's reference, or None; raise RecordUnreadable."""
        key = build_reference_key(caller, reference)
        rows = self._database.fetch_rows(_FIND, transfer_key=key)
        return parse_row(RefusedTransfer, rows[0]) if rows else None


def find_last_refusals(database: Database, count: int) -> list[RefusedTransfer]:
    """Return the last refused transfers that have a reference, the newest first.

    One that cannot be read is logged and left out.
    """
    return parse_rows(RefusedTransfer, database.fetch_rows(_FIND_LAST, count=count))
