"""Reads the JSON that callers send, with Magento's error messages."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation

from flask import request

from handoff_sandbox.errors import InputError, RuleViolation


def read_json_body() -> dict[str, object]:
    """Return the body as an object, an empty one for an empty body."""
    raw = request.get_data()
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise InputError("Decoding error.") from error
    return body if isinstance(body, dict) else {}


def require_field(body: dict[str, object], *names: str) -> object:
    """Return the value under the first name that is there, or raise InputError.

    Magento accepts names in camel case and in snake case.
    """
    for name in names:
        if body.get(name) is not None:
            return body[name]
    raise InputError.build_for_missing_field(names[0])


def require_object(body: dict[str, object], *names: str) -> dict[str, object]:
    """Return the object under the first name that is there, or raise InputError."""
    value = require_field(body, *names)
    return value if isinstance(value, dict) else {}


def require_quantity(item: dict[str, object]) -> Decimal:
    """Return the quantity to add, or raise an error. As in Magento, zero and less count as one."""
    given = item.get("qty")
    if given is None:
        raise RuleViolation(
            'Invalid value of "%value" provided for the %fieldName field.',
            {"fieldName": "qty", "value": None},
        )
    number = _parse_number(given)
    return number if number > 0 else Decimal(1)


def _parse_number(given: object) -> Decimal:
    try:
        number = Decimal(str(given))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(given, bool) or not number.is_finite():
        raise InputError(
            f'Error occurred during "qty" processing. The "{given}" value\'s type is invalid. '
            'The "float" type was expected. Verify and try again.'
        )
    return number
