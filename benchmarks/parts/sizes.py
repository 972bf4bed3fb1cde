"""Ledgers of several sizes under load, side by side."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from benchmarks.load.wrk import Sample
from benchmarks.parts.passage import Passage, measure_passage
from benchmarks.plan import CLIENTS, Plan
from benchmarks.report.findings import Figure, Findings, spread, table
from benchmarks.servers.service import service
from benchmarks.servers.stores import session_files, sqlite_ledger
from benchmarks.servers.stub_shop import stub_shop

_SAME = 0.9  # of the smallest ledger's requests a second; turns of one ledger differ as much

_REQUESTS: dict[str, Callable[[Passage], Sample]] = {
    "entry page, GET": lambda passage: passage.entry,
    "spending, POST": lambda passage: passage.spending,
    "transfer": lambda passage: passage.transfer,
}


def measure(plan: Plan) -> Findings:
    """Measure services that differ in nothing but the rows of their ledgers."""
    room = plan.room("sizes")
    passages: dict[int, list[Passage]] = {size: [] for size in plan.sizes}
    with ExitStack() as stack:
        shop = stack.enter_context(stub_shop(room / "shop"))
        services = {}
        for size in plan.sizes:
            folder = room / str(size)
            sessions = session_files(folder)
            ledger = sqlite_ledger(folder)
            running = service(folder, shop=shop, ledger=ledger, sessions=sessions, filled=size)
            services[size] = stack.enter_context(running)
        for each in services.values():
            measure_passage(each, clients=CLIENTS, seconds=1)
        for _ in range(plan.rounds):
            for size, each in services.items():
                passages[size].append(measure_passage(each, clients=CLIENTS, seconds=plan.seconds))
    return Findings(tuple(_figures(passages)), _details(passages))


def _figures(passages: dict[int, list[Passage]]) -> list[Figure]:
    smallest, *larger = sorted(passages)
    return [_figure(passages, size, smallest) for size in larger]


def _figure(passages: dict[int, list[Passage]], size: int, smallest: int) -> Figure:
    shares = {
        title: statistics.median(
            of(ours).rate / of(least).rate
            for ours, least in zip(passages[size], passages[smallest], strict=True)
        )
        for title, of in _REQUESTS.items()
    }
    return Figure(
        name=f"ledger of {size:,} rows: requests a second, of those with {smallest:,}",
        aim=f"the same (at least {_SAME})",
        measured=", ".join(f"{title} {share:.2f}" for title, share in shares.items()),
        met=min(shares.values()) >= _SAME,
    )


def _details(passages: dict[int, list[Passage]]) -> str:
    head = ["rows", *(f"{title}: requests/s, p99 ms" for title in _REQUESTS)]
    rows = [
        [f"{size:,}", *(_cell([of(each) for each in passages[size]]) for of in _REQUESTS.values())]
        for size in sorted(passages)
    ]
    words = (
        f"SQLite and files, {CLIENTS} clients. The rows are bound, spent, superseded and "
        "expired. What a turn adds is taken out after it."
    )
    return f"## Ledgers of several sizes\n\n{words}\n\n{table(head, rows)}"


def _cell(samples: Sequence[Sample]) -> str:
    p99 = statistics.median(sample.p99 for sample in samples)
    return f"{spread([sample.rate for sample in samples], '.0f')}, {p99:.0f}"
