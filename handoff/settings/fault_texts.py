"""The words for faults that pydantic finds in a setting; they never repeat the value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handoff.settings.environment_variables import get_variable_name

# By pydantic's type of error. A text may name values of the error's context.
_TEXTS = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "datetime_from_date_parsing": "must be a date and time such as 2030-01-31T12:00:00Z",
    "datetime_parsing": "must be a date and time such as 2030-01-31T12:00:00Z",
    "datetime_type": "must be a date and time such as 2030-01-31T12:00:00Z",
    "extra_forbidden": "is not a known field",
    "finite_number": "must be a number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "is too large",
    "int_type": "must be a whole number",
    "less_than_equal": "must be {le} or less",
    "literal_error": "must be {expected}",
    "model_type": "must be a JSON object",
    "string_pattern_mismatch": "has characters that it cannot have",
    "string_too_long": "must have {max_length} characters or fewer",
    "string_too_short": "must not be empty",
    "string_type": "must be a text",
    "too_short": "must not be empty",
    "tuple_type": "must be a JSON list",
}


def describe_fault(fault: Mapping[str, Any]) -> str:
    """Return a sentence for an entry of `ValidationError.errors()`, with the variable's name."""
    field, *path = fault["loc"]
    steps = [f"entry {step + 1}" if isinstance(step, int) else str(step) for step in path]
    name = get_variable_name(str(field)) + (f" ({', '.join(steps)})" if steps else "")
    if fault["type"] == "missing":
        return f"{name} is missing." if path else f"{name} is not set."
    text = _TEXTS.get(fault["type"])
    if text is None:  # a validator's own message
        return f"{name}: {str(fault['msg']).removeprefix('Value error, ')}."
    limits = {key: _format_limit(value) for key, value in fault.get("ctx", {}).items()}
    return f"{name}: {text.format(**limits)}."


def _format_limit(value: object) -> str:
    return f"{value:,g}" if isinstance(value, int | float) else str(value)
