"""The options of a benchmark run, which all cases share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CLIENTS = 16


@dataclass(frozen=True, slots=True)
class ShopUnderTest:
    """A Magento to fill bags at: its URL, products that it sells, and its session store."""

    url: str
    skus: tuple[str, ...]
    sessions: str


@dataclass(frozen=True, slots=True)
class BenchmarkOptions:
    """The cases of a run and their durations. `folder` is temporary.

    A run has `rounds`, and each case has `seconds` in every round, so that whatever else the
    machine does falls on all cases. `beside` is another checkout of this repository.
    `customer` is the e-mail address and password of a customer of the shop, and `shop_process` the
    beginning of the name of the shop's processes on this machine.
    """

    folder: Path
    rounds: int
    seconds: int
    steady_seconds: int
    memory_requests: int
    ledger_sizes: tuple[int, ...]
    shop: ShopUnderTest | None = None
    customer: tuple[str, str] | None = None
    shop_process: str = ""
    beside: Path | None = None

    def make_folder(self, name: str) -> Path:
        """Create a folder for a case and return it."""
        path = self.folder / name
        path.mkdir()
        return path
