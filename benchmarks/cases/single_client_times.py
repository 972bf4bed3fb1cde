"""One client that waits for each response: how long the service takes without any waiting."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import cycle, islice
from urllib.parse import urlsplit

from benchmarks.clients.bare_views import BareView
from benchmarks.clients.raw_http import build_request
from benchmarks.clients.single_client import TimedResponse, send_all
from benchmarks.options import BenchmarkOptions
from benchmarks.report.findings import Figure, Findings, format_spread, format_table
from benchmarks.servers.side_by_side import FILES, SERVERS, SideBySide, run_side_by_side
from handoff.settings.session_store_url import SessionStoreAccess, SessionStoreUrl
from handoff.shop_session.session_contents import SessionContents
from handoff.shop_session.store import create_session, open_session_store

_REQUESTS = 100  # of each kind in a round
_MAX_TRANSFER = 3.0  # milliseconds
_MAX_LINK_USE = 2.0

_SHOP = "the shop's response, without the service"
_JSON, _SESSION, _BOTH = BareView.JSON.title, BareView.SESSION.title, BareView.BOTH.title
_TRANSFER, _ENTRY_PAGE = "transfer of a guest's quote", "entry page, GET"
_LINK_USE = "use of a link, POST"
_WRITE_SESSION = "the session written, without the service"


@dataclass(slots=True)
class _ClientTimes:
    """Milliseconds by kind of request, with one list for each round."""

    rounds: dict[str, list[list[float]]] = field(default_factory=dict)

    def add(self, kind: str, times: list[float]) -> None:
        self.rounds.setdefault(kind, []).append(times)

    def calculate_medians(self, kind: str) -> list[float]:
        return [statistics.median(times) for times in self.rounds[kind]]

    def calculate_differences(self, kind: str, other: str) -> list[float]:
        """Return how much longer one kind takes than another, for each round."""
        pairs = zip(self.calculate_medians(kind), self.calculate_medians(other), strict=True)
        return [longer - shorter for longer, shorter in pairs]


def measure(options: BenchmarkOptions) -> Findings:
    """Measure the service on both kinds of stores, the bare views and the stores themselves."""
    with run_side_by_side(options.make_folder("single-client")) as servers:
        _measure_round(servers, _ClientTimes())  # a warm-up, which does not count
        times = _ClientTimes()
        for _ in range(options.rounds):
            _measure_round(servers, times)
    return Findings(tuple(_build_figures(times)), _format_details(times))


def _measure_round(servers: SideBySide, times: _ClientTimes) -> None:
    for view in BareView:
        requests = islice(cycle(view.build_requests()), _REQUESTS)
        times.add(view.title, _measure_requests(servers.bare_port, requests, 200))
    paths = [f"/rest/V1/guest-carts/{number:032d}" for number in range(1, _REQUESTS + 1)]
    carts = [build_request("GET", path) for path in paths]
    times.add(_SHOP, _measure_requests(urlsplit(servers.shop_url).port or 0, carts, 200))
    for stores, service in servers.services.items():
        responses = send_all(service.port, service.build_transfers(_REQUESTS), statuses={200})
        links = [_read_link(response) for response in responses]
        pages, uses = service.build_entry_pages(links), service.build_link_uses(links)
        times.add(_build_name(_TRANSFER, stores), [response.milliseconds for response in responses])
        times.add(_build_name(_ENTRY_PAGE, stores), _measure_requests(service.port, pages, 200))
        times.add(_build_name(_LINK_USE, stores), _measure_requests(service.port, uses, 303))
    for stores, url in servers.sessions.items():
        times.add(_build_name(_WRITE_SESSION, stores), _measure_session_writes(url))


def _measure_requests(port: int, requests: Iterable[bytes], status: int) -> list[float]:
    return [response.milliseconds for response in send_all(port, requests, statuses={status})]


def _read_link(response: TimedResponse) -> str:
    return str(json.loads(response.body)["url"]).partition("/h/")[2]


def _measure_session_writes(url: str) -> list[float]:
    """Write sessions from this process and return the milliseconds of each."""
    store = open_session_store(SessionStoreUrl.parse(url), SessionStoreAccess(), lifetime=3600)
    times = []
    for number in range(1, _REQUESTS + 1):
        started = time.perf_counter()
        create_session(store, SessionContents(number, 1))
        times.append((time.perf_counter() - started) * 1000)
    return times


def _build_name(kind: str, stores: str) -> str:
    return f"{kind} ({stores})"


def _build_figures(times: _ClientTimes) -> list[Figure]:
    both = (FILES, SERVERS)
    transfer = {
        stores: times.calculate_differences(_build_name(_TRANSFER, stores), _SHOP)
        for stores in both
    }
    link_use = {
        stores: times.calculate_differences(_build_name(_LINK_USE, stores), _JSON)
        for stores in both
    }
    view_with_both = statistics.median(times.calculate_differences(_BOTH, _SHOP))
    session_view = statistics.median(times.calculate_differences(_SESSION, _JSON))
    session = {
        stores: times.calculate_medians(_build_name(_WRITE_SESSION, stores)) for stores in both
    }
    return [
        _build_figure(
            "a transfer without the shop's response, one client, ms",
            transfer,
            _MAX_TRANSFER,
            limit=f"A {_BOTH} takes {view_with_both:.2f}.",
        ),
        _build_figure(
            "the use of a link, beyond a bare view, one client, ms",
            link_use,
            _MAX_LINK_USE,
            limit=f"A {_SESSION} takes {session_view:.2f}.",
        ),
        _build_figure("a session made and written, ms", session, _MAX_LINK_USE),
    ]


def _build_figure(
    name: str, times: dict[str, list[float]], aim: float, *, limit: str = ""
) -> Figure:
    return Figure(
        name=name,
        aim=f"under {aim:.0f}",
        measured=format_spread(times[FILES], ".2f"),
        met=statistics.median(times[FILES]) < aim,
        beside=format_spread(times[SERVERS], ".2f"),
        limit=limit,
    )


def _format_details(times: _ClientTimes) -> str:
    rows = [
        [kind, format_spread(times.calculate_medians(kind), ".2f"), f"{max(map(max, rounds)):.1f}"]
        for kind, rounds in times.rounds.items()
    ]
    return "## One client\n\n" + format_table(["", "median ms", "max ms"], rows)
