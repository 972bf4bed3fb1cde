"""Settings for the doctor: faults in them are findings, as long as the shop can be found."""

from __future__ import annotations

import os
from dataclasses import dataclass

from handoff.settings import Settings, SettingsError, check_settings, find_unknown_names
from handoff.settings import variable_name as setting

__all__ = ["Reading", "read_for_doctor", "setting"]

# Without these there is nothing to look at.
_NEEDED = {"public_url", "magento_url", "storefront_url", "session_store", "stores"}


@dataclass(frozen=True, slots=True)
class Reading:
    """The settings as far as they can be used, and what is wrong with them.

    `broken` are the fields whose values are not the ones that were set.
    """

    settings: Settings
    faults: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    broken: frozenset[str] = frozenset()


def read_for_doctor() -> Reading:
    """Read the environment; raises SettingsError when the shop cannot be found by it."""
    checked = check_settings()
    if checked.invalid_fields & _NEEDED:
        raise SettingsError(list(checked.faults))
    unknown = tuple(find_unknown_names(os.environ))
    return Reading(checked.settings, checked.faults, unknown, checked.invalid_fields)
