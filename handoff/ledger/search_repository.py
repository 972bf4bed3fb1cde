"""Finds transfers by any of these: a reference, a number, a support code, a handoff's id.

No index holds the numbers of orders, so a search by text reads every row that has an order. It is
for people, not for requests.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass

import sqlalchemy as sa

from handoff.ledger.database import Database
from handoff.ledger.handoff_repository import HANDOFF_COLUMNS, read_handoffs
from handoff.ledger.models import Handoff
from handoff.ledger.refused_transfer_repository import FIND_REFUSALS, RefusedTransfer
from handoff.ledger.row_parser import UnreadableCallback, ignore_unreadable, parse_rows
from handoff.ledger.tables import handoff, refused_transfer, simplified_reference
from handoff.support_code import list_handoff_id_prefixes, normalize_support_code

_MIN_ID_PREFIX = 8  # characters; earlier versions showed as many as the support code
_BLANK = re.compile(r"\s")
# Without zeros in front, which the numbers of orders have. 18 digits fit a BigInteger.
_QUOTE_NUMBER = re.compile(r"[1-9][0-9]{0,17}")

_c = handoff.c
_r = refused_transfer.c
_orders_text = sa.cast(_c.orders, sa.Text)


@dataclass(frozen=True, slots=True)
class FoundTransfer:
    """All handoffs of a transfer, and its last refusals, the oldest first; one may be missing."""

    handoffs: list[Handoff]
    refusals: list[RefusedTransfer]


class SearchRepository:
    """Searches the handoffs and the refused transfers of a ledger.

    A record that cannot be read is passed to `on_unreadable` and left out.
    """

    def __init__(
        self, database: Database, on_unreadable: UnreadableCallback = ignore_unreadable
    ) -> None:
        self._database = database
        self._on_unreadable = on_unreadable

    def find_by_id(self, handoff_id: str) -> list[FoundTransfer]:
        """Return the transfer of the handoff with this id, or an empty list."""
        return self._find_transfers(_c.id == handoff_id, sa.false())

    def find_by_text(self, text: str) -> list[FoundTransfer]:
        """Return the transfers to which a text leads, the oldest first.

        It may be a reference, whose case and hyphens do not matter, the number of an order or a
        quote, a support code as a person writes it, or the id of a handoff or its beginning.
        """
        text = _BLANK.sub(" ", text)
        if not text.isprintable():  # the databases refuse some of these texts
            return []
        simplified = sa.func.lower(sa.func.replace(text, "-", ""))
        conditions = [simplified_reference == simplified]
        if (code := normalize_support_code(text)) is not None:
            prefixes = list_handoff_id_prefixes(code)
            conditions.append(sa.func.substr(_c.id, 1, len(prefixes[0])).in_(prefixes))
        if len(text) >= _MIN_ID_PREFIX:
            conditions.append(sa.func.substr(_c.id, 1, len(text)) == text)
        number = text.removeprefix("#")
        if _QUOTE_NUMBER.fullmatch(number):
            conditions.append(_c.quote_number == int(number))
        conditions += [
            # Compares with the JSON as it is written: {"number": "000000001", ...}
            _orders_text.contains(json.dumps({name: number})[1:-1], autoescape=True)
            for name in ("number", "replaced_by")
        ]
        return self._find_transfers(sa.or_(*conditions), simplified_reference == simplified)

    def _find_transfers(
        self, has_match: sa.ColumnElement[bool], is_refused_match: sa.ColumnElement[bool]
    ) -> list[FoundTransfer]:
        keys = sa.select(_c.transfer_key).where(has_match)
        statement = (
            sa.select(*HANDOFF_COLUMNS)
            .where(_c.transfer_key.in_(keys))
            .order_by(_c.issued_at, _c.id)
        )
        handoffs: defaultdict[str, list[Handoff]] = defaultdict(list)
        for found in read_handoffs(self._database, statement, self._on_unreadable):
            handoffs[found.transfer_key].append(found)
        has_key = _r.transfer_key.in_(list(handoffs))
        refusals = self._find_refusals(sa.or_(has_key, is_refused_match))
        return [
            FoundTransfer(handoffs.get(key, []), refusals.get(key, []))
            for key in dict.fromkeys([*handoffs, *refusals])
        ]

    def _find_refusals(self, has_match: sa.ColumnElement[bool]) -> dict[str, list[RefusedTransfer]]:
        """Return refusals that may still be read, by the keys of their transfers."""
        rows = self._database.fetch_rows(FIND_REFUSALS.where(has_match).order_by(_r.sequence))
        refusals: defaultdict[str, list[RefusedTransfer]] = defaultdict(list)
        for refusal in parse_rows(RefusedTransfer, rows, self._on_unreadable):
            refusals[refusal.transfer_key].append(refusal)
        return dict(refusals)
