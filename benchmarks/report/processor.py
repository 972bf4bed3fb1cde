"""How much of the processors' time other machines on the same host took meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class ProcessorTime:
    """All time of all processors so far, and what of it was stolen, in the kernel's ticks."""

    all: int
    stolen: int

    @classmethod
    def now(cls) -> Self:
        """Read it from the kernel."""
        words = Path("/proc/stat").read_text("utf-8").partition("\n")[0].split()
        ticks = [int(word) for word in words[1:9]]  # user … steal; guests are in user
        return cls(sum(ticks), ticks[7])

    def stolen_until(self, later: Self) -> float:
        """Return the share that was stolen between this moment and a later one."""
        return (later.stolen - self.stolen) / max(later.all - self.all, 1)
