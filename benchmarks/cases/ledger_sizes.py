"""Services whose ledgers have different numbers of rows, under load, side by side."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from benchmarks.clients.shopper_requests import ShopperSamples, measure_shopper_requests
from benchmarks.clients.wrk import LoadSample
from benchmarks.options import CLIENTS, BenchmarkOptions
from benchmarks.report.findings import Figure, Findings, format_spread, format_table
from benchmarks.servers.databases import build_sqlite_url, make_session_folder
from benchmarks.servers.handoff_service import run_handoff
from benchmarks.servers.stub_shop import run_stub_shop

# Rounds with the same ledger differ as much as this.
_MIN_SHARE = 0.9

_KINDS: dict[str, Callable[[ShopperSamples], LoadSample]] = {
    "entry page, GET": lambda samples: samples.entry_page,
    "use of a link, POST": lambda samples: samples.link_use,
    "transfer": lambda samples: samples.transfer,
}


def measure(options: BenchmarkOptions) -> Findings:
    """Measure services that differ only in the rows of their ledgers."""
    folder = options.make_folder("ledger-sizes")
    samples: dict[int, list[ShopperSamples]] = {size: [] for size in options.ledger_sizes}
    with ExitStack() as stack:
        shop = stack.enter_context(run_stub_shop(folder / "shop"))
        services = {}
        for size in options.ledger_sizes:
            room = folder / str(size)
            sessions = make_session_folder(room)
            ledger = build_sqlite_url(room)
            running = run_handoff(room, shop=shop, ledger=ledger, sessions=sessions, filled=size)
            services[size] = stack.enter_context(running)
        for service in services.values():
            measure_shopper_requests(service, clients=CLIENTS, seconds=1)
        for _ in range(options.rounds):
            for size, service in services.items():
                measured = measure_shopper_requests(
                    service, clients=CLIENTS, seconds=options.seconds
                )
                samples[size].append(measured)
    return Findings(tuple(_build_figures(samples)), _format_details(samples))


def _build_figures(samples: dict[int, list[ShopperSamples]]) -> list[Figure]:
    smallest, *larger = sorted(samples)
    return [_build_figure(samples, size, smallest) for size in larger]


def _build_figure(samples: dict[int, list[ShopperSamples]], size: int, smallest: int) -> Figure:
    shares = {
        title: statistics.median(
            sample_of(of_size).rate / sample_of(of_smallest).rate
            for of_size, of_smallest in zip(samples[size], samples[smallest], strict=True)
        )
        for title, sample_of in _KINDS.items()
    }
    return Figure(
        name=f"ledger of {size:,} rows: requests a second, as a share of those with {smallest:,}",
        aim=f"the same (at least {_MIN_SHARE})",
        measured=", ".join(f"{title} {share:.2f}" for title, share in shares.items()),
        met=min(shares.values()) >= _MIN_SHARE,
    )


def _format_details(samples: dict[int, list[ShopperSamples]]) -> str:
    head = ["rows", *(f"{title}: requests/s, p99 ms" for title in _KINDS)]
    rows = [
        [f"{size:,}", *(_format_cell([of(s) for s in samples[size]]) for of in _KINDS.values())]
        for size in sorted(samples)
    ]
    text = (
        f"SQLite and files, {CLIENTS} clients. The rows are handoffs with a session, used, "
        "superseded and expired ones. The rows that a round adds are removed after it."
    )
    return f"## Ledgers of several sizes\n\n{text}\n\n{format_table(head, rows)}"


def _format_cell(samples: Sequence[LoadSample]) -> str:
    p99 = statistics.median(sample.p99 for sample in samples)
    return f"{format_spread([sample.rate for sample in samples], '.0f')}, {p99:.0f}"
