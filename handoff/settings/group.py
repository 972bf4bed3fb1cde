"""The base of a group of settings, whose fields and texts make one table of docs/settings.md."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel


class SettingsGroup(BaseModel):
    """Settings that belong together.

    The first line of a group's docstring is its heading in docs/settings.md, and the string below
    each field is what that page says about the setting.
    """

    @classmethod
    def get_heading(cls) -> str:
        """Return the first line of the group's docstring."""
        return (cls.__doc__ or "").partition("\n")[0]


@dataclass(frozen=True, slots=True)
class DefaultText:
    """Words that docs/settings.md shows in the place of a default that explains nothing."""

    words: str
