"""Capacity: 16 clients at once, requests a second and waiting times, next to bare Flask views."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.clients.bare_views import BareView, measure_bare_view
from benchmarks.clients.shopper_requests import ShopperSamples, measure_shopper_requests
from benchmarks.clients.wrk import LoadSample
from benchmarks.options import CLIENTS, BenchmarkOptions
from benchmarks.report.findings import Figure, Findings, format_spread, format_table
from benchmarks.servers.side_by_side import FILES, SERVERS, SideBySide, run_side_by_side

_MAX_P99 = 50.0  # milliseconds


@dataclass(frozen=True, slots=True)
class _RequestKind:
    """A request of the service, the bare view to compare it with, and the share to reach.

    `limit` is the bare view that does only what this request cannot do without.
    """

    title: str
    sample_of: Callable[[ShopperSamples], LoadSample]
    bare: BareView
    aim: float
    limit: BareView


_ENTRY_PAGE = _RequestKind(
    "entry page, GET", lambda samples: samples.entry_page, BareView.PAGE, 0.6, BareView.PAGE
)
_LINK_USE = _RequestKind(
    "use of a link, POST", lambda samples: samples.link_use, BareView.JSON, 0.35, BareView.SESSION
)
_TRANSFER = _RequestKind(
    "transfer of a guest's quote",
    lambda samples: samples.transfer,
    BareView.JSON,
    0.2,
    BareView.BOTH,
)
_KINDS = (_ENTRY_PAGE, _LINK_USE, _TRANSFER)
_BASELINES = (BareView.JSON, BareView.PAGE)


@dataclass(slots=True)
class _Samples:
    """The samples of all rounds."""

    views: dict[BareView, list[LoadSample]] = field(
        default_factory=lambda: {view: [] for view in BareView}
    )
    services: dict[str, list[ShopperSamples]] = field(default_factory=dict)

    def list_service_samples(self, kind: _RequestKind, stores: str) -> list[LoadSample]:
        return [kind.sample_of(samples) for samples in self.services[stores]]

    def calculate_shares(self, samples: Sequence[LoadSample], bare: BareView) -> list[float]:
        """Return the share of the bare view's requests a second, for each round."""
        rounds = zip(samples, self.views[bare], strict=True)
        return [sample.rate / bare_sample.rate for sample, bare_sample in rounds]


def measure(options: BenchmarkOptions) -> Findings:
    """Measure all bare views and the service on both kinds of stores, side by side."""
    with run_side_by_side(options.make_folder("capacity")) as servers:
        _measure_round(servers, _Samples(), seconds=1)  # a warm-up, which does not count
        samples = _Samples()
        for _ in range(options.rounds):
            _measure_round(servers, samples, seconds=options.seconds)
    return Findings(tuple(_build_figures(samples)), _format_details(samples))


def _measure_round(servers: SideBySide, samples: _Samples, *, seconds: int) -> None:
    baselines = [_measure_baselines(servers, seconds)]
    for stores, service in servers.services.items():
        measured = measure_shopper_requests(service, clients=CLIENTS, seconds=seconds)
        samples.services.setdefault(stores, []).append(measured)
        baselines.append(_measure_baselines(servers, seconds))
    for view in (view for view in BareView if view not in _BASELINES):
        sample = measure_bare_view(servers.bare_port, view, clients=CLIENTS, seconds=seconds)
        samples.views[view].append(sample)
    for view in _BASELINES:
        in_order = sorted((measured[view] for measured in baselines), key=lambda s: s.rate)
        samples.views[view].append(in_order[1])


def _measure_baselines(servers: SideBySide, seconds: int) -> dict[BareView, LoadSample]:
    """Measure the views that others are compared with.

    A round does this before, between and after the services, and the median of the three counts: a
    disturbance of a baseline would show in every share of its round.
    """
    return {
        view: measure_bare_view(servers.bare_port, view, clients=CLIENTS, seconds=seconds)
        for view in _BASELINES
    }


def _build_figures(samples: _Samples) -> list[Figure]:
    shares = [_build_share_figure(samples, kind) for kind in _KINDS]
    return shares + [_build_wait_figure(samples, kind) for kind in (_TRANSFER, _LINK_USE)]


def _build_share_figure(samples: _Samples, kind: _RequestKind) -> Figure:
    def calculate_shares_on(stores: str) -> list[float]:
        return samples.calculate_shares(samples.list_service_samples(kind, stores), kind.bare)

    limit = samples.calculate_shares(samples.views[kind.limit], kind.bare)
    return Figure(
        name=f"{kind.title}: requests a second, as a share of the {kind.bare.title}",
        aim=f"{kind.aim}",
        measured=format_spread(calculate_shares_on(FILES), ".2f"),
        met=statistics.median(calculate_shares_on(FILES)) >= kind.aim,
        beside=format_spread(calculate_shares_on(SERVERS), ".2f"),
        limit=f"A {kind.limit.title} has {statistics.median(limit):.2f}.",
    )


def _build_wait_figure(samples: _Samples, kind: _RequestKind) -> Figure:
    on_files = samples.list_service_samples(kind, FILES)
    bare = _format_waits(samples.views[kind.bare])
    return Figure(
        name=f"{kind.title}: p99 with {CLIENTS} clients, and maximum (the bare view: {bare})",
        aim=f"under {_MAX_P99:.0f} ms",
        measured=_format_waits(on_files),
        met=statistics.median(sample.p99 for sample in on_files) < _MAX_P99,
        beside=_format_waits(samples.list_service_samples(kind, SERVERS)),
        limit=f"A {kind.limit.title} has {_format_waits(samples.views[kind.limit])}.",
    )


def _format_waits(samples: Sequence[LoadSample]) -> str:
    p99 = statistics.median(sample.p99 for sample in samples)
    return f"{p99:.0f} ms, max {max(sample.longest for sample in samples):.0f}"


def _format_details(samples: _Samples) -> str:
    head = ["", "requests/s", "share of the bare view", "median ms", "p99 ms", "max ms"]
    rows = [
        _format_row(
            samples, view.title, measured, BareView.PAGE if view is BareView.PAGE else BareView.JSON
        )
        for view, measured in samples.views.items()
    ]
    for stores in samples.services:
        rows += [
            _format_row(
                samples,
                f"{kind.title} ({stores})",
                samples.list_service_samples(kind, stores),
                kind.bare,
            )
            for kind in _KINDS
        ]
    return f"## Capacity: {CLIENTS} clients\n\n{_EXPLANATION}\n\n{format_table(head, rows)}"


_EXPLANATION = (
    "The larger bare views show the limit of any Flask service on this machine: a transfer needs "
    "the shop's call and a durable write, the use of a link needs a write, a session file and the "
    "cookies that displace the last shopper. A percentile is the median of the rounds, a maximum "
    "that of all rounds."
)


def _format_row(
    samples: _Samples, title: str, measured: Sequence[LoadSample], bare: BareView
) -> list[str]:
    return [
        title,
        f"{statistics.median(sample.rate for sample in measured):,.0f}",
        format_spread(samples.calculate_shares(measured, bare), ".2f"),
        f"{statistics.median(sample.median for sample in measured):.1f}",
        f"{statistics.median(sample.p99 for sample in measured):.1f}",
        f"{max(sample.longest for sample in measured):.0f}",
    ]
