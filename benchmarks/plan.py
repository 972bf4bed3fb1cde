"""How much is measured, and where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CLIENTS = 16


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop to fill bags at, with products that it sells and its session store."""

    url: str
    skus: tuple[str, ...]
    sessions: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What all parts go by. `folder` is for files that are gone afterwards.

    Every case has its turn in every round, so that whatever else the machine does falls on all.
    """

    folder: Path
    rounds: int
    seconds: int
    memory_requests: int
    sizes: tuple[int, ...]
    shop: Shop | None

    def room(self, name: str) -> Path:
        """Make a folder for a part."""
        path = self.folder / name
        path.mkdir()
        return path
