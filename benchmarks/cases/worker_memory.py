"""The memory of the workers after many requests of all kinds."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path

from benchmarks.clients.wrk import LoadSample, send_load
from benchmarks.options import CLIENTS, BenchmarkOptions
from benchmarks.report.findings import Figure, Findings, format_table
from benchmarks.servers.databases import build_sqlite_url, make_session_folder
from benchmarks.servers.handoff_service import RunningHandoff, run_handoff
from benchmarks.servers.stub_shop import run_stub_shop

_MAX_MEMORY = 120  # MB
_MAX_GROWTH = 1.05  # relative to the memory after the first fifth
_ROUND = 5  # seconds
_MAX_REQUESTS = 3000  # a second, more than any machine has reached


@dataclass(frozen=True, slots=True)
class _MemorySample:
    """The requests so far, the MB of the largest worker, and the rate of the last round."""

    requests: int
    megabytes: float
    rate: float


def measure(options: BenchmarkOptions) -> Findings:
    """Send `memory_requests` requests, a third of each kind, and measure after each round."""
    folder = options.make_folder("memory")
    files = folder / "files"
    sessions = make_session_folder(files)
    with (
        run_stub_shop(folder / "shop") as shop,
        run_handoff(files, shop=shop, ledger=build_sqlite_url(files), sessions=sessions) as service,
    ):
        samples = _measure_rounds(service, options.memory_requests)
    early = next(sample for sample in samples if sample.requests >= options.memory_requests / 5)
    return Findings((_build_figure(early, samples[-1]),), _format_details(samples))


def _measure_rounds(service: RunningHandoff, number: int) -> list[_MemorySample]:
    samples: list[_MemorySample] = []
    requests = 0
    while requests < number:
        load = _send_mixture(service, _MAX_REQUESTS * _ROUND // 3)
        requests += load.requests
        samples.append(_MemorySample(requests, _measure_largest_worker(service), load.rate))
    return samples


def _send_mixture(service: RunningHandoff, number: int) -> LoadSample:
    """Send a mixture of up to `number` requests of each kind, for the seconds of a round."""
    requests = [
        *service.build_transfers(number),
        *service.build_entry_pages(service.rows.add_links(number)),
        *service.build_link_uses(service.rows.add_links(number)),
    ]
    random.shuffle(requests)
    return send_load(service.port, requests, clients=CLIENTS, seconds=_ROUND, statuses={200, 303})


def _measure_largest_worker(service: RunningHandoff) -> float:
    pid = service.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return max(_parse_megabytes(Path(f"/proc/{pid}/status").read_text()) for pid in children)


def _parse_megabytes(status: str) -> float:
    found = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    assert found, "no VmRSS"
    return int(found[1]) / 1024


def _build_figure(early: _MemorySample, last: _MemorySample) -> Figure:
    growth = last.megabytes / early.megabytes
    return Figure(
        name=f"memory of a worker after {last.requests:,} requests",
        aim=f"flat (at most {_MAX_GROWTH} of that after a fifth), under {_MAX_MEMORY} MB",
        measured=f"{last.megabytes:.0f} MB, {growth:.2f} of that after {early.requests:,}",
        met=growth <= _MAX_GROWTH and last.megabytes < _MAX_MEMORY,
    )


def _format_details(samples: list[_MemorySample]) -> str:
    rows = [[f"{s.requests:,}", f"{s.megabytes:.1f}", f"{s.rate:.0f}"] for s in samples]
    text = (
        "SQLite and files; a mixture of transfers, entry pages and uses of links. The numbers are "
        "the resident memory of the larger worker."
    )
    return f"## Memory\n\n{text}\n\n{format_table(['requests', 'MB', 'requests/s'], rows)}"
