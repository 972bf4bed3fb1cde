"""Turns rows of the ledger into models. A row that holds something else is named and left out."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import cache
from typing import Any, TypeVar, cast

import structlog
from pydantic import TypeAdapter, ValidationError

from handoff.problems import RecordUnreadable

T = TypeVar("T")

UnreadableCallback = Callable[[RecordUnreadable], None]
"""Gets the name of a row that cannot be read."""

log = structlog.get_logger()


def parse_row(model: type[T], row: Mapping[Any, Any]) -> T:
    """Return a row as a model, a dataclass whose fields are columns.

    Raises RecordUnreadable, and logs it without values. The row's first column is its key.
    """
    try:
        adapter = _build_adapter(cast(Hashable, model))
        parsed: T = adapter.validate_python(dict(row))
        return parsed
    except ValidationError as error:
        columns = tuple(dict.fromkeys(str(fault["loc"][0]) for fault in error.errors()))
    unreadable = RecordUnreadable(next(iter(row.values())), columns)
    log.error("ledger_record_unreadable", record=unreadable.record, columns=list(columns))
    raise unreadable


def ignore_unreadable(_unreadable: RecordUnreadable) -> None:
    """Do nothing: `parse_row` has logged it."""


def parse_rows(
    model: type[T],
    rows: Iterable[Mapping[Any, Any]],
    on_unreadable: UnreadableCallback = ignore_unreadable,
) -> list[T]:
    """Return the rows that can be read as models, and call `on_unreadable` for each other one."""
    parsed = []
    for row in rows:
        try:
            parsed.append(parse_row(model, row))
        except RecordUnreadable as unreadable:
            on_unreadable(unreadable)
    return parsed


def parse_json_or_keep(value: Any) -> Any:
    """Return the JSON of a column, or what the column holds if it is not JSON.

    An exception would end the query, and with it all other rows.
    """
    try:
        return json.loads(value)
    except (TypeError, ValueError, RecursionError):
        return value


def decode_text_column(value: bytes) -> str | bytes:
    """Return the text of a column of SQLite, or the bytes if they are not UTF-8."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


@cache
def _build_adapter(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)
