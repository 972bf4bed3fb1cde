"""Reading the JSON that callers send, with Magento's complaints about it."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation

from flask import request

from handoff_sandbox.errors import InputError, Refused


def json_body() -> dict[str, object]:
    """Give the body as an object; nothing at all counts as an empty one."""
    raw = request.get_data()
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise InputError("Decoding error.") from error
    return body if isinstance(body, dict) else {}


def required(body: dict[str, object], *names: str) -> object:
    """Give the value under the first of these names (Magento takes camel and snake case)."""
    for name in names:
        if body.get(name) is not None:
            return body[name]
    raise InputError.missing(names[0])


def required_object(body: dict[str, object], *names: str) -> dict[str, object]:
    value = required(body, *names)
    return value if isinstance(value, dict) else {}


def quantity(item: dict[str, object]) -> Decimal:
    """Give the quantity that will be added: zero and less mean ONE, as in Magento."""
    given = item.get("qty")
    if given is None:
        raise Refused(
            'Invalid value of "%value" provided for the %fieldName field.',
            {"fieldName": "qty", "value": None},
        )
    number = _number(given)
    return number if number > 0 else Decimal(1)


def _number(given: object) -> Decimal:
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
