"""Loads the settings from the environment, and reports all their faults at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from handoff.settings.conflicts import find_conflicts
from handoff.settings.environment_variables import PREFIX, get_variable_name, read_value_files
from handoff.settings.fault_texts import describe_fault
from handoff.settings.model import Settings

# Values for required settings that are missing or invalid, so that the others can be checked.
_PLACEHOLDERS: dict[str, Any] = {
    "public_url": "http://placeholder.invalid",
    "magento_url": "http://placeholder.invalid",
    "storefront_url": "http://placeholder.invalid",
    "api_keys": ("placeholder-that-nobody-sends",),
    "secret_key": "placeholder-that-signs-nothing",
    "session_store": "redis://placeholder.invalid",
}


# Variables of earlier versions, which would have no effect any more.
_REPLACED_NAMES = {
    "HANDOFF_ASK_CHECKOUT": "Set HANDOFF_CHECKOUT_PREFLIGHT=off instead of false, or remove it."
}


class SettingsError(Exception):
    """The settings cannot be used; `faults` has one sentence for each fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class CheckedSettings:
    """The settings with every fault in them, one sentence each, which repeats no value.

    The fields in `invalid_fields` hold a default or a placeholder instead of the invalid value.
    """

    settings: Settings
    faults: tuple[str, ...]
    invalid_fields: frozenset[str]


def load_settings(**values: Any) -> Settings:
    """Return the settings from the environment; keyword arguments replace its values.

    Raises SettingsError with a sentence for every fault.
    """
    checked = check_settings(**values)
    if checked.faults:
        raise SettingsError(list(checked.faults))
    return checked.settings


def check_settings(**values: Any) -> CheckedSettings:
    """Return the settings, usable or not, with all faults of single values and between values."""
    file_values, file_faults = read_value_files(Settings.model_fields, os.environ)
    values = {**file_values, **values, **_build_substitutes(file_faults)}
    faults, invalid = list(file_faults.values()), set(file_faults)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        faults += [describe_fault(fault) for fault in error.errors()]
        invalid |= {str(fault["loc"][0]) for fault in error.errors()}
        settings = Settings(**{**values, **_build_substitutes(invalid)})
    faults += find_conflicts(settings, ignoring=invalid)
    faults += [
        f"{name} is gone. {cure}" for name, cure in _REPLACED_NAMES.items() if name in os.environ
    ]
    return CheckedSettings(settings, tuple(faults), frozenset(invalid))


def find_unknown_names(environment: Mapping[str, str]) -> list[str]:
    """Return the `HANDOFF_…` variables that are not settings; most of them are misspelt."""
    known = {get_variable_name(field) for field in Settings.model_fields}
    known |= {f"{name}_FILE" for name in known}
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)


def _build_substitutes(fields: set[str] | dict[str, str]) -> dict[str, Any]:
    defaults = {field: Settings.model_fields[field].default for field in fields}
    return {**defaults, **{f: value for f, value in _PLACEHOLDERS.items() if f in fields}}
