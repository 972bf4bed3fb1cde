"""Bags of several sizes made into a cart: by the service, by REST alone, and by GraphQL alone."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from itertools import count

from benchmarks.clients.direct_cart_client import DirectCartClient
from benchmarks.clients.single_client import send_all
from benchmarks.options import BenchmarkOptions, ShopUnderTest
from benchmarks.report.findings import Figure, Findings, format_table
from benchmarks.servers.databases import build_sqlite_url
from benchmarks.servers.handoff_service import RunningHandoff, build_transfer, run_handoff
from benchmarks.servers.slow_magento import run_slow_magento

_SIZES = (1, 3, 10, 50)
_MAX_SHARE = 1.1
_ROUNDS_DIVISOR = 3  # fewer rounds: a long bag takes 15 seconds by REST

_SERVICE, _WITH_CHECKOUT = "service, checkout not asked", "service as it ships, checkout asked"
_REST, _GRAPHQL = "REST alone", "GraphQL alone"
_reference_numbers = count(1)

FillCart = Callable[[Sequence[str]], None]


@dataclass(slots=True)
class _BagTimes:
    """Milliseconds by method and number of lines."""

    all: dict[tuple[str, int], list[float]] = field(default_factory=dict)

    def add(self, method: str, lines: int, milliseconds: float) -> None:
        self.all.setdefault((method, lines), []).append(milliseconds)

    def calculate_median(self, method: str, lines: int) -> float:
        return statistics.median(self.all[method, lines])

    def find_faster_method(self, lines: int) -> str:
        """Return the faster of REST and GraphQL."""
        return min((_REST, _GRAPHQL), key=lambda method: self.calculate_median(method, lines))

    def calculate_share(self, method: str, lines: int) -> float:
        return self.calculate_median(method, lines) / self.calculate_median(
            self.find_faster_method(lines), lines
        )

    def list_sizes(self) -> list[int]:
        return sorted({lines for _, lines in self.all})


def measure(options: BenchmarkOptions) -> Findings:
    """Measure all methods in turn, with one client, at one shop."""
    folder = options.make_folder("bag-sizes")
    with ExitStack() as stack:
        shop = options.shop or stack.enter_context(run_slow_magento(folder / "shop"))
        plain = stack.enter_context(_run_service(options, shop, preflight="off"))
        asking = stack.enter_context(_run_service(options, shop, preflight="always"))
        client = DirectCartClient(shop.url)
        methods: dict[str, FillCart] = {
            _REST: client.fill_by_rest,
            _GRAPHQL: client.fill_by_graphql,
            _SERVICE: lambda skus: _transfer_bag(plain, skus),
            _WITH_CHECKOUT: lambda skus: _transfer_bag(asking, skus),
        }
        times = _measure_methods(methods, shop, max(1, options.rounds // _ROUNDS_DIVISOR))
    return Findings(tuple(_build_figures(times)), _format_details(times, options.shop))


def _run_service(
    options: BenchmarkOptions, shop: ShopUnderTest, *, preflight: str
) -> AbstractContextManager[RunningHandoff]:
    folder = options.folder / "bag-sizes" / preflight
    folder.mkdir()
    return run_handoff(
        folder,
        shop=shop.url,
        ledger=build_sqlite_url(folder),
        sessions=shop.sessions,
        preflight=preflight,
    )


def _measure_methods(methods: dict[str, FillCart], shop: ShopUnderTest, rounds: int) -> _BagTimes:
    for fill_cart in methods.values():
        fill_cart(shop.skus[:1])  # a warm-up, after which the service knows the store view
    times = _BagTimes()
    for _ in range(rounds):
        for lines in (size for size in _SIZES if size <= len(shop.skus)):
            for name, fill_cart in methods.items():
                started = time.perf_counter()
                fill_cart(shop.skus[:lines])
                times.add(name, lines, (time.perf_counter() - started) * 1000)
    return times


def _transfer_bag(service: RunningHandoff, skus: Sequence[str]) -> None:
    body = {
        "items": [{"sku": sku, "quantity": 1} for sku in skus],
        "currency": "GBP",
        "reference": f"bag-{next(_reference_numbers)}",
    }
    [response] = send_all(service.port, [build_transfer(body)], statuses={200})
    assert json.loads(response.body)["url"], "no link"


def _build_figures(times: _BagTimes) -> list[Figure]:
    return [
        Figure(
            name=f"a bag of {lines}: time, as a share of the better of REST and GraphQL",
            aim=f"at most {_MAX_SHARE}",
            measured=f"{share:.2f} ({_WITH_CHECKOUT}: {asked:.2f})",
            met=share <= _MAX_SHARE,
            limit=f"{times.find_faster_method(lines)} is the better one.",
        )
        for lines in times.list_sizes()
        for share in [times.calculate_share(_SERVICE, lines)]
        for asked in [times.calculate_share(_WITH_CHECKOUT, lines)]
    ]


def _format_details(times: _BagTimes, shop: ShopUnderTest | None) -> str:
    where = f"the shop {shop.url}" if shop else "the sandbox shop, as slow as a Magento 2.4.7"
    text = f"Milliseconds at {where}. Each method ends with a request for the cart."
    rows = [
        [method, *(f"{times.calculate_median(method, lines):.0f}" for lines in times.list_sizes())]
        for method in (_REST, _GRAPHQL, _SERVICE, _WITH_CHECKOUT)
    ]
    return f"## Bags\n\n{text}\n\n{format_table(['lines', *map(str, times.list_sizes())], rows)}"
