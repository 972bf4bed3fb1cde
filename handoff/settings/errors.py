"""How settings are named, and what is wrong with them."""

from __future__ import annotations

PREFIX = "HANDOFF_"


class SettingsError(Exception):
    """The settings cannot be used; `faults` are sentences, one for each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults
