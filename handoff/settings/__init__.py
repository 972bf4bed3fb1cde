"""Every setting of the service: environment variables `HANDOFF_…`, all checked at the start.

Each setting can be read from a file as well: `HANDOFF_SECRET_KEY_FILE=/run/secrets/key`. All
faults are collected and reported together, by the variable's name and without its value.
"""

from __future__ import annotations

from handoff.settings.environment_variables import PREFIX, get_variable_name
from handoff.settings.loader import (
    CheckedSettings,
    SettingsError,
    check_settings,
    find_unknown_names,
    load_settings,
)
from handoff.settings.model import Settings

__all__ = [
    "PREFIX",
    "CheckedSettings",
    "Settings",
    "SettingsError",
    "check_settings",
    "find_unknown_names",
    "get_variable_name",
    "load_settings",
]
