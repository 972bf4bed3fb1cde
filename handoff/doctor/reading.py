"""Settings for the doctor: faults in them are findings, as long as the shop can be found."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Self

from pydantic import ValidationError, model_validator

from handoff.settings import PREFIX, Settings, SettingsError, find_unknown_names, load_settings

# Without these there is nothing to look at.
_NEEDED = ("public_url", "magento_url", "storefront_url", "session_store", "stores")
_STAND_INS = {"api_keys": ("unreadable",), "secret_key": "unreadable-and-so-not-used"}


class _Unfit(Settings):
    """Settings that are each good, whether or not they fit together."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        return self


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
    names = tuple(find_unknown_names(os.environ))
    try:
        return Reading(load_settings(), unknown=names)
    except SettingsError as error:
        faults = error.faults
    settings, broken = _as_far_as_possible(faults)
    return Reading(settings, tuple(faults), names, broken)


def _as_far_as_possible(faults: list[str]) -> tuple[Settings, frozenset[str]]:
    try:
        return _Unfit(), frozenset()
    except ValidationError as error:
        broken = frozenset(str(fault["loc"][0]) for fault in error.errors())
    if broken & set(_NEEDED):
        raise SettingsError(faults) from None
    defaults = {name: Settings.model_fields[name].default for name in broken}
    return _Unfit(**{**defaults, **{n: v for n, v in _STAND_INS.items() if n in broken}}), broken


def setting(field: str) -> str:
    """Return the name of a setting as people write it."""
    return f"{PREFIX}{field.upper()}"
