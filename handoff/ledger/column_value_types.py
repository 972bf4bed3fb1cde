"""The values that the columns of the ledger may hold, as types that pydantic checks.

A database that something else has written to, or whose disk has failed, may hold any value: SQLite
keeps a text in a column of numbers.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MAX_TIME = 253_402_300_799_999
"""The last millisecond of the year 9999; later times have no text."""

_MAX_AMOUNT = Decimal(10**15)


def _require_amount(value: str) -> str:
    """Return a number in a text, or raise ValueError."""
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


class _StoredObject(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _StoredBagLine(_StoredObject):
    sku: TextValue
    quantity: _Quantity


class _StoredBag(_StoredObject):
    currency: TextValue
    lines: list[_StoredBagLine]


class _StoredTotals(_StoredObject):
    currency: TextValue
    grand_total: _Amount
    subtotal: _Amount
    delivery: _Amount
    discount: _Amount
    tax: _Amount
    credit: _Amount = "0"  # earlier versions recorded none


class _StoredOrder(_StoredObject):
    """An order. Earlier versions recorded no totals, no time, and not whether it is cancelled."""

    id: WholeNumber
    number: TextValue
    state: TextValue
    replaced_by: TextValue | None
    is_cancelled: Annotated[bool, Field(strict=True)] = False
    placed_at: TimeValue | None = None
    totals: _StoredTotals | None = None


class _StoredDifference(_StoredObject):
    code: TextValue
    sku: TextValue | None
    bag: TextValue
    ordered: TextValue


BagValue = Annotated[dict[str, Any], _require_shape(_StoredBag)]
OrderValue = Annotated[dict[str, Any], _require_shape(_StoredOrder)]
DifferenceValue = Annotated[dict[str, Any], _require_shape(_StoredDifference)]
