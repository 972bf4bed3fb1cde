"""The share of processor time that other machines on the same host took (steal time)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class ProcessorTime:
    """The time of all processors since the boot, and its stolen part, in ticks of the kernel."""

    total: int
    stolen: int

    @classmethod
    def read(cls) -> Self:
        """Read both from the kernel."""
        columns = Path("/proc/stat").read_text("utf-8").partition("\n")[0].split()
        ticks = [int(column) for column in columns[1:9]]  # user … steal; guests are in user
        return cls(sum(ticks), ticks[7])

    def calculate_stolen_share(self, later: Self) -> float:
        """Return the share that was stolen between this reading and a later one."""
        return (later.stolen - self.stolen) / max(later.total - self.total, 1)
