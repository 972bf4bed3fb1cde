"""One client that waits for each answer: what a passage takes of its own."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import cycle, islice
from urllib.parse import urlsplit

from benchmarks.load.one_client import Reply, ask
from benchmarks.load.wire import request
from benchmarks.parts.views import View
from benchmarks.plan import Plan
from benchmarks.report.findings import Figure, Findings, spread, table
from benchmarks.servers.both import FILES, SERVERS, SideBySide, side_by_side
from handoff.ledger import NewHandoff
from handoff.settings.model import DEFAULT_STORE
from handoff.settings.store_views import StoreViews
from handoff.shop_session import (
    SessionStore,
    SessionStoreAccess,
    SessionStoreUrl,
    create_session,
    open_session_store,
)
from handoff.shop_session.contents import build_session_contents

_TURN = 100  # requests of a case in a round
_OWN = 3.0  # milliseconds
_BINDING = 2.0

_SHOP = "the shop's answer, no server"
_JSON, _SESSION, _BOTH = View.JSON.title, View.SESSION.title, View.BOTH.title
_TRANSFER, _ENTRY, _SPENDING = "transfer of a guest's quote", "entry page, GET", "spending, POST"
_BIND = "the session written, no server"


@dataclass(slots=True)
class _Times:
    """Milliseconds: of each case, a list for each round."""

    rounds: dict[str, list[list[float]]] = field(default_factory=dict)

    def add(self, case: str, times: list[float]) -> None:
        self.rounds.setdefault(case, []).append(times)

    def medians(self, case: str) -> list[float]:
        return [statistics.median(times) for times in self.rounds[case]]

    def beyond(self, case: str, other: str) -> list[float]:
        """Return, round by round, how much longer a case takes than another."""
        pairs = zip(self.medians(case), self.medians(other), strict=True)
        return [mine - theirs for mine, theirs in pairs]


def measure(plan: Plan) -> Findings:
    """Measure what one client sees of both services, and what stands behind it."""
    with side_by_side(plan.room("own_time")) as running:
        _measure_round(running, _Times())
        times = _Times()
        for _ in range(plan.rounds):
            _measure_round(running, times)
    return Findings(tuple(_figures(times)), _details(times))


def _measure_round(running: SideBySide, times: _Times) -> None:
    for view in View:
        requests = islice(cycle(view.requests()), _TURN)
        times.add(view.title, _took(running.bare, requests, 200))
    looks = [request("GET", f"/rest/V1/guest-carts/{n:032d}") for n in range(1, _TURN + 1)]
    times.add(_SHOP, _took(urlsplit(running.shop).port or 0, looks, 200))
    for stores, service in running.services.items():
        answers = ask(service.port, service.transfers(_TURN), statuses={200})
        links = [_link(reply) for reply in answers]
        times.add(_on(_TRANSFER, stores), [reply.took for reply in answers])
        times.add(_on(_ENTRY, stores), _took(service.port, service.looks(links), 200))
        times.add(_on(_SPENDING, stores), _took(service.port, service.spendings(links), 303))
    for stores, address in running.sessions.items():
        times.add(_on(_BIND, stores), _bindings(address))


def _took(port: int, requests: Iterable[bytes], status: int) -> list[float]:
    return [reply.took for reply in ask(port, requests, statuses={status})]


def _link(answer: Reply) -> str:
    return str(json.loads(answer.body)["url"]).partition("/h/")[2]


def _bindings(address: str) -> list[float]:
    """Bind quotes to sessions in this process, and return what each took."""
    parsed = SessionStoreUrl.parse(address)
    store = open_session_store(parsed, SessionStoreAccess(), lifetime=3600)
    return [_bind(store, number) for number in range(1, _TURN + 1)]


def _bind(store: SessionStore, number: int) -> float:
    draft = NewHandoff(
        transfer_key=f"guest:{number}",
        content_hash="",
        reference=None,
        kind="guest",
        store_code=DEFAULT_STORE.code,
        quote_number=number,
        customer_id=None,
        customer_group_id=None,
        bag={"currency": DEFAULT_STORE.currency, "lines": []},
    )
    began = time.perf_counter()
    create_session(store, build_session_contents(draft, _STORES))
    return (time.perf_counter() - began) * 1000


_STORES = StoreViews((DEFAULT_STORE,))


def _on(case: str, stores: str) -> str:
    return f"{case} ({stores})"


def _figures(times: _Times) -> list[Figure]:
    own = {each: times.beyond(_on(_TRANSFER, each), _SHOP) for each in (FILES, SERVERS)}
    spending = {each: times.beyond(_on(_SPENDING, each), _JSON) for each in (FILES, SERVERS)}
    binding = {each: times.medians(_on(_BIND, each)) for each in (FILES, SERVERS)}
    return [
        _figure(
            "own time of a transfer, all but the shop's answer, one client, ms",
            own,
            _OWN,
            limit=f"A {_BOTH} takes {statistics.median(times.beyond(_BOTH, _SHOP)):.2f}.",
        ),
        _figure(
            "binding, one client: the whole POST but a bare view, ms",
            spending,
            _BINDING,
            limit=f"A {_SESSION} takes {statistics.median(times.beyond(_SESSION, _JSON)):.2f}.",
        ),
        _figure("binding by itself: the session made and written, ms", binding, _BINDING),
    ]


def _figure(name: str, found: dict[str, list[float]], aim: float, *, limit: str = "") -> Figure:
    return Figure(
        name=name,
        aim=f"under {aim:.0f}",
        measured=spread(found[FILES], ".2f"),
        met=statistics.median(found[FILES]) < aim,
        beside=spread(found[SERVERS], ".2f"),
        limit=limit,
    )


def _details(times: _Times) -> str:
    rows = [
        [case, spread(times.medians(case), ".2f"), f"{max(map(max, rounds)):.1f}"]
        for case, rounds in times.rounds.items()
    ]
    return "## One client\n\n" + table(["", "median ms", "max ms"], rows)
