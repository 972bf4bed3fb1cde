"""The names of the environment variables, and the files that `HANDOFF_…_FILE` variables name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

PREFIX = "HANDOFF_"


def get_variable_name(field: str) -> str:
    """Return the name of the environment variable for a field of the settings."""
    return f"{PREFIX}{field.upper()}"


def read_value_files(
    fields: Iterable[str], environment: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the values from files, and the faults of those files, both by field.

    A file that cannot be read is a fault, never an empty value.
    """
    values: dict[str, str] = {}
    faults: dict[str, str] = {}
    for field in fields:
        name = get_variable_name(field)
        file = environment.get(f"{name}_FILE")
        if not file:
            continue
        if environment.get(name):
            faults[field] = f"{name} and {name}_FILE are both set; keep one."
            continue
        try:
            values[field] = Path(file).read_text("utf-8-sig").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            faults[field] = f"{name}_FILE cannot be read: {type(error).__name__}."
    return values, faults
