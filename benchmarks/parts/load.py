"""Sixteen clients at once: requests a second and their longest waits, beside bare Flask."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.load.wrk import Sample
from benchmarks.parts.passage import Passage, measure_passage
from benchmarks.parts.views import View, measure_view
from benchmarks.plan import CLIENTS, Plan
from benchmarks.report.findings import Figure, Findings, spread, table
from benchmarks.servers.both import FILES, SERVERS, SideBySide, side_by_side

_P99 = 50.0  # milliseconds


@dataclass(frozen=True, slots=True)
class _Request:
    """A request of ours: the bare view to measure it by, and the share of it to aim at.

    `limit` is the bare view that does what this cannot do without.
    """

    title: str
    of: Callable[[Passage], Sample]
    bare: View
    aim: float
    limit: View


_ENTRY = _Request("entry page, GET", lambda one: one.entry, View.PAGE, 0.6, View.PAGE)
_SPENDING = _Request("spending, POST", lambda one: one.spending, View.JSON, 0.35, View.SESSION)
_TRANSFER = _Request(
    "transfer of a guest's quote", lambda one: one.transfer, View.JSON, 0.2, View.BOTH
)
_REQUESTS = (_ENTRY, _SPENDING, _TRANSFER)
_REFERENCES = (View.JSON, View.PAGE)


@dataclass(slots=True)
class _Measured:
    """The samples of all rounds."""

    views: dict[View, list[Sample]] = field(default_factory=lambda: {view: [] for view in View})
    passages: dict[str, list[Passage]] = field(default_factory=dict)

    def ours(self, asked: _Request, stores: str) -> list[Sample]:
        return [asked.of(passage) for passage in self.passages[stores]]

    def shares(self, samples: Sequence[Sample], bare: View) -> list[float]:
        """Return, round by round, the share of the bare view's requests a second."""
        rounds = zip(samples, self.views[bare], strict=True)
        return [ours.rate / theirs.rate for ours, theirs in rounds]


def measure(plan: Plan) -> Findings:
    """Measure all views and both services, side by side."""
    with side_by_side(plan.room("load")) as running:
        _measure_round(running, _Measured(), seconds=1)  # everybody warm
        measured = _Measured()
        for _ in range(plan.rounds):
            _measure_round(running, measured, seconds=plan.seconds)
    return Findings(tuple(_figures(measured)), _details(measured))


def _measure_round(running: SideBySide, measured: _Measured, *, seconds: int) -> None:
    references = [_references(running, seconds)]
    for stores, service in running.services.items():
        passage = measure_passage(service, clients=CLIENTS, seconds=seconds)
        measured.passages.setdefault(stores, []).append(passage)
        references.append(_references(running, seconds))
    for view in (each for each in View if each not in _REFERENCES):
        sample = measure_view(running.bare, view, clients=CLIENTS, seconds=seconds)
        measured.views[view].append(sample)
    for view in _REFERENCES:
        samples = [taken[view] for taken in references]
        measured.views[view].append(sorted(samples, key=lambda sample: sample.rate)[1])


def _references(running: SideBySide, seconds: int) -> dict[View, Sample]:
    """Measure what others are measured by: before, between and after them; the middle one counts.

    What disturbs a turn of a bare view would show in every share of its round.
    """
    return {
        view: measure_view(running.bare, view, clients=CLIENTS, seconds=seconds)
        for view in _REFERENCES
    }


def _figures(measured: _Measured) -> list[Figure]:
    shares = [_share(measured, asked) for asked in _REQUESTS]
    return shares + [_longest_waits(measured, asked) for asked in (_TRANSFER, _SPENDING)]


def _share(measured: _Measured, asked: _Request) -> Figure:
    def share(stores: str) -> list[float]:
        return measured.shares(measured.ours(asked, stores), asked.bare)

    limit = measured.shares(measured.views[asked.limit], asked.bare)
    return Figure(
        name=f"{asked.title}: requests a second, of the {asked.bare.title}",
        aim=f"{asked.aim}",
        measured=spread(share(FILES), ".2f"),
        met=statistics.median(share(FILES)) >= asked.aim,
        beside=spread(share(SERVERS), ".2f"),
        limit=f"A {asked.limit.title} has {statistics.median(limit):.2f}.",
    )


def _longest_waits(measured: _Measured, asked: _Request) -> Figure:
    ours = measured.ours(asked, FILES)
    bare = _waits(measured.views[asked.bare])
    return Figure(
        name=f"{asked.title}: p99 of {CLIENTS} clients, and max (the bare view: {bare})",
        aim=f"under {_P99:.0f} ms",
        measured=_waits(ours),
        met=statistics.median(sample.p99 for sample in ours) < _P99,
        beside=_waits(measured.ours(asked, SERVERS)),
        limit=f"A {asked.limit.title} has {_waits(measured.views[asked.limit])}.",
    )


def _waits(samples: Sequence[Sample]) -> str:
    p99 = statistics.median(sample.p99 for sample in samples)
    return f"{p99:.0f} ms, max {max(sample.longest for sample in samples):.0f}"


def _details(measured: _Measured) -> str:
    head = ["", "requests/s", "of the bare view", "median ms", "p99 ms", "max ms"]
    rows = [
        _row(measured, view.title, samples, View.PAGE if view is View.PAGE else View.JSON)
        for view, samples in measured.views.items()
    ]
    for stores in measured.passages:
        rows += [
            _row(measured, f"{each.title} ({stores})", measured.ours(each, stores), each.bare)
            for each in _REQUESTS
        ]
    return f"## {CLIENTS} clients\n\n{_LIMITS}\n\n{table(head, rows)}"


_LIMITS = (
    "The bare views that do more are the limit of any Flask service here: a transfer cannot do "
    "without the shop's call and a durable write, spending not without a write, a session's file "
    "and the cookies that displace the last shopper. "
    "A percentile is the median of the rounds, the max that of all of them."
)


def _row(measured: _Measured, title: str, samples: Sequence[Sample], bare: View) -> list[str]:
    return [
        title,
        f"{statistics.median(sample.rate for sample in samples):,.0f}",
        spread(measured.shares(samples, bare), ".2f"),
        f"{statistics.median(sample.median for sample in samples):.1f}",
        f"{statistics.median(sample.p99 for sample in samples):.1f}",
        f"{max(sample.longest for sample in samples):.0f}",
    ]
