"""What the workers hold of the machine's memory after many requests of all kinds."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load.wrk import Sample, drive
from benchmarks.plan import CLIENTS, Plan
from benchmarks.report.findings import Figure, Findings, table
from benchmarks.servers.service import Service, service
from benchmarks.servers.stores import session_files, sqlite_ledger
from benchmarks.servers.stub_shop import stub_shop

_MOST = 120  # MB
_FLAT = 1.05  # of what it was after the first fifth
_TURN = 5  # seconds
_MOST_REQUESTS = 3000  # a second, which no machine has come near


@dataclass(frozen=True, slots=True)
class _Look:
    """The requests answered so far, what the largest worker holds, in MB, and the rate lately."""

    requests: int
    held: float
    rate: float


def measure(plan: Plan) -> Findings:
    """Send so many requests, a third of each kind, and look at the workers all along."""
    room = plan.room("memory")
    files = room / "files"
    sessions = session_files(files)
    with (
        stub_shop(room / "shop") as shop,
        service(files, shop=shop, ledger=sqlite_ledger(files), sessions=sessions) as running,
    ):
        looks = _looks(running, plan.memory_requests)
    early = next(look for look in looks if look.requests >= plan.memory_requests / 5)
    return Findings((_figure(early, looks[-1]),), _details(looks))


def _looks(running: Service, number: int) -> list[_Look]:
    looks: list[_Look] = []
    answered = 0
    while answered < number:
        sample = _turn(running, _MOST_REQUESTS * _TURN // 3)
        answered += sample.requests
        looks.append(_Look(answered, _largest_worker(running), sample.rate))
    return looks


def _turn(running: Service, each: int) -> Sample:
    """Send what there is time for, of so many requests of each kind in a mixture."""
    looked_at, spent = running.rows.fresh_links(each), running.rows.fresh_links(each)
    requests = [
        *running.transfers(each),
        *running.looks(looked_at),
        *running.spendings(spent),
    ]
    random.shuffle(requests)
    return drive(running.port, requests, clients=CLIENTS, seconds=_TURN, statuses={200, 303})


def _largest_worker(running: Service) -> float:
    pid = running.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return max(_held(Path(f"/proc/{child}/status").read_text()) for child in children)


def _held(status: str) -> float:
    found = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    assert found, "no VmRSS"
    return int(found[1]) / 1024


def _figure(early: _Look, last: _Look) -> Figure:
    growth = last.held / early.held
    return Figure(
        name=f"memory of a worker after {last.requests:,} requests",
        aim=f"flat (at most {_FLAT} of that after a fifth), under {_MOST} MB",
        measured=f"{last.held:.0f} MB, {growth:.2f} of that after {early.requests:,}",
        met=growth <= _FLAT and last.held < _MOST,
    )


def _details(looks: list[_Look]) -> str:
    rows = [[f"{look.requests:,}", f"{look.held:.1f}", f"{look.rate:.0f}"] for look in looks]
    words = (
        "SQLite and files; transfers, entry pages and spendings in a mixture. Resident memory of "
        "the worker that holds more."
    )
    return f"## Memory\n\n{words}\n\n{table(['requests', 'MB', 'requests/s'], rows)}"
