"""Turns rows of the ledger into models, whose field types say what a column may hold.

A database that something else has written to, or whose disk has failed, may hold any value: SQLite
keeps a text in a column of numbers. pydantic checks each value, and a row that holds another one is
named and left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Annotated, Any, TypeVar, cast

import structlog
from pydantic import AfterValidator, BaseModel, Field, TypeAdapter, ValidationError
from sqlalchemy import Select, Table, select

from handoff.problems import RecordUnreadable

T = TypeVar("T")

UnreadableCallback = Callable[[RecordUnreadable], None]
"""Called with each row that cannot be read."""

MAX_TIME = 253_402_300_799_999
"""The last millisecond of the year 9999; later times cannot be written as text."""

_MAX_AMOUNT = Decimal(10**15)

log = structlog.get_logger()


def _require_amount(value: str) -> str:
    """Return the text if it is a number, or raise ValueError."""
    try:
        is_amount = abs(Decimal(value)) < _MAX_AMOUNT
    except InvalidOperation:  # for text, and for the comparison with "NaN"
        is_amount = False
    if not is_amount:
        raise ValueError("is not a number, or is too large")
    return value


def _require_not_negative(value: str) -> str:
    if Decimal(value) < 0:
        raise ValueError("is negative")
    return value


def _require_json_object(value: str) -> str:
    try:
        is_object = isinstance(json.loads(value), dict)
    except (ValueError, RecursionError):
        is_object = False
    if not is_object:
        raise ValueError("is not a JSON object")
    return value


def _require_shape(model: type[BaseModel]) -> AfterValidator:
    """Return a validator that checks an object and does not change it."""

    def check(value: dict[str, Any]) -> dict[str, Any]:
        model.model_validate(value)
        return value

    return AfterValidator(check)


TextValue = Annotated[str, Field(strict=True)]
WholeNumber = Annotated[int, Field(strict=True, ge=0, lt=2**63)]
TimeValue = Annotated[int, Field(strict=True, ge=0, le=MAX_TIME)]
JsonObjectText = Annotated[TextValue, AfterValidator(_require_json_object)]
_Amount = Annotated[TextValue, AfterValidator(_require_amount)]
_Quantity = Annotated[_Amount, AfterValidator(_require_not_negative)]


class _StoredBagLine(BaseModel):
    sku: TextValue
    quantity: _Quantity


class _StoredBag(BaseModel):
    currency: TextValue
    lines: list[_StoredBagLine]


class _StoredTotals(BaseModel):
    currency: TextValue
    grand_total: _Amount
    subtotal: _Amount
    delivery: _Amount
    discount: _Amount
    tax: _Amount
    credit: _Amount = "0"  # earlier versions recorded none


class _StoredOrder(BaseModel):
    """An order. Earlier versions recorded neither totals, nor the time, nor a cancellation."""

    id: WholeNumber
    number: TextValue
    state: TextValue
    replaced_by: TextValue | None
    is_cancelled: Annotated[bool, Field(strict=True)] = False
    placed_at: TimeValue | None = None
    totals: _StoredTotals | None = None


class _StoredDifference(BaseModel):
    code: TextValue
    sku: TextValue | None
    bag: TextValue
    ordered: TextValue


BagValue = Annotated[dict[str, Any], _require_shape(_StoredBag)]
OrderValue = Annotated[dict[str, Any], _require_shape(_StoredOrder)]
DifferenceValue = Annotated[dict[str, Any], _require_shape(_StoredDifference)]


def select_fields(model: type[Any], table: Table) -> Select[Any]:
    """Return a SELECT of the columns that the fields of a dataclass are named after."""
    return select(*(table.c[column.name] for column in fields(model)))


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
    """Return the rows that can be read as models, and call `on_unreadable` for the others."""
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
