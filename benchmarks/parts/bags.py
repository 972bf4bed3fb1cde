"""A bag made into a cart: by the service, by REST alone, and by GraphQL alone."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from itertools import count

from benchmarks.load.one_client import ask
from benchmarks.parts.carts import CartsOnly
from benchmarks.plan import Plan, Shop
from benchmarks.report.findings import Figure, Findings, table
from benchmarks.servers.magento import stand_in
from benchmarks.servers.service import Service, service, transfer
from benchmarks.servers.stores import sqlite_ledger

_SIZES = (1, 3, 10, 50)
_AIM = 1.1
_FEWER = 3  # times fewer rounds: a long bag takes a quarter of a minute by REST

_OURS, _ASKED = "service, checkout not asked", "service as shipped, checkout asked"
_REST, _GRAPHQL = "REST alone", "GraphQL alone"
_references = count(1)

Way = Callable[[Sequence[str]], None]


@dataclass(slots=True)
class _Times:
    """Milliseconds of each way, for each number of lines."""

    all: dict[tuple[str, int], list[float]] = field(default_factory=dict)

    def add(self, way: str, lines: int, took: float) -> None:
        self.all.setdefault((way, lines), []).append(took)

    def median(self, way: str, lines: int) -> float:
        return statistics.median(self.all[way, lines])

    def best(self, lines: int) -> str:
        """Return the better of REST and GraphQL."""
        return min((_REST, _GRAPHQL), key=lambda way: self.median(way, lines))

    def share(self, way: str, lines: int) -> float:
        return self.median(way, lines) / self.median(self.best(lines), lines)


def measure(plan: Plan) -> Findings:
    """Measure all ways in turn, with one client, at one shop."""
    room = plan.room("bags")
    with ExitStack() as stack:
        shop = plan.shop or stack.enter_context(stand_in(room / "shop"))
        plain = stack.enter_context(_service(plan, shop, "plain", ask_checkout=False))
        asking = stack.enter_context(_service(plan, shop, "asking", ask_checkout=True))
        alone = CartsOnly(shop.url)
        ways: dict[str, Way] = {
            _REST: alone.by_rest,
            _GRAPHQL: alone.by_graphql,
            _OURS: lambda skus: _by_service(plain, skus),
            _ASKED: lambda skus: _by_service(asking, skus),
        }
        times = _measure(ways, shop, max(1, plan.rounds // _FEWER))
    return Findings(tuple(_figures(times)), _details(times, plan.shop))


def _service(
    plan: Plan, shop: Shop, name: str, *, ask_checkout: bool
) -> AbstractContextManager[Service]:
    folder = plan.folder / "bags" / name
    folder.mkdir()
    return service(
        folder,
        shop=shop.url,
        ledger=sqlite_ledger(folder),
        sessions=shop.sessions,
        ask_checkout=ask_checkout,
    )


def _measure(ways: dict[str, Way], shop: Shop, rounds: int) -> _Times:
    for way in ways.values():
        way(shop.skus[:1])  # everybody warm, and the store view's number known
    times = _Times()
    for _ in range(rounds):
        for lines in (size for size in _SIZES if size <= len(shop.skus)):
            for name, way in ways.items():
                began = time.perf_counter()
                way(shop.skus[:lines])
                times.add(name, lines, (time.perf_counter() - began) * 1000)
    return times


def _by_service(running: Service, skus: Sequence[str]) -> None:
    body = {
        "items": [{"sku": sku, "quantity": 1} for sku in skus],
        "currency": "GBP",
        "reference": f"bag-{next(_references)}",
    }
    [reply] = ask(running.port, [transfer(body)], statuses={200})
    assert json.loads(reply.body)["url"], "no link"


def _figures(times: _Times) -> list[Figure]:
    return [
        Figure(
            name=f"a bag of {lines}: time, of the better of REST and GraphQL",
            aim=f"at most {_AIM}",
            measured=f"{share:.2f} ({_ASKED}: {times.share(_ASKED, lines):.2f})",
            met=share <= _AIM,
            limit=f"{times.best(lines)} is the better one.",
        )
        for lines in _sizes(times)
        for share in [times.share(_OURS, lines)]
    ]


def _sizes(times: _Times) -> list[int]:
    return sorted({lines for _, lines in times.all})


def _details(times: _Times, shop: Shop | None) -> str:
    at = f"the shop at {shop.url}" if shop else _STAND_IN
    words = f"Milliseconds at {at}. Each way ends with a look at the cart."
    sizes = _sizes(times)
    rows = [
        [way, *(f"{times.median(way, lines):.0f}" for lines in sizes)]
        for way in (_REST, _GRAPHQL, _OURS, _ASKED)
    ]
    return f"## Bags\n\n{words}\n\n{table(['lines', *map(str, sizes)], rows)}"


_STAND_IN = "the stand-in shop, whose calls take what they took at a Magento 2.4.7"
