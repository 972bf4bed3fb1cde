from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SessionStore:
    """PHP's folder of sessions, which can be away for a while."""

    path: Path

    @property
    def _elsewhere(self) -> Path:
        return self.path.with_name(f"{self.path.name}-away")

    @property
    def is_away(self) -> bool:
        return self._elsewhere.exists()

    def take(self) -> None:
        if not self.is_away:
            self.path.rename(self._elsewhere)

    def give_back(self) -> None:
        if self.is_away:
            self._elsewhere.rename(self.path)
