"""From the tap on Checkout to the checkout page, beside a script that does the same at the shop."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

from benchmarks.clients.checkout_journeys import (
    HandoffJourney,
    Journey,
    ScriptJourney,
    ShopperQuote,
)
from benchmarks.options import BenchmarkOptions, ShopUnderTest
from benchmarks.report.findings import Figure, Findings, format_spread, format_table
from benchmarks.report.shop_cpu_time import measure_process_seconds
from benchmarks.servers.databases import build_sqlite_url
from benchmarks.servers.handoff_service import run_handoff
from benchmarks.servers.slow_magento import run_slow_magento

_BAG_SIZES = (1, 3, 10)
_MAX_TRANSFER = 1.15  # of the shop's own part
_MAX_TAP = 1.10
_MAX_SHOP_TIME = 0.6  # of the shop's processor time with a preflight for each bag

_SCRIPT = "script, no service"
_REMEMBER, _ALWAYS = "service, preflight remembered", "service, preflight always"
_SANDBOX_CUSTOMER = ("shopper@example.com", "Shopper123!")


@dataclass(slots=True)
class _TapTimes:
    """Milliseconds of each step, and the shop's processor seconds, by way and kind of quote."""

    steps: dict[tuple[str, str], list[dict[str, float]]] = field(default_factory=dict)
    shop_seconds: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def list_kinds(self) -> list[str]:
        return list(dict.fromkeys(kind for _, kind in self.steps))

    def list_sums(self, way: str, kind: str, *steps: str) -> list[float]:
        """Return the sum of these steps, or of all, for each round."""
        rounds = self.steps[way, kind]
        return [sum(r.get(s, 0) for s in steps) if steps else sum(r.values()) for r in rounds]

    def calculate_shares(
        self, way: str, kind: str, steps: tuple[str, ...], of: tuple[str, ...]
    ) -> list[float]:
        """Return, for each round, what steps of a way take as a share of steps of the script."""
        own, script = self.list_sums(way, kind, *steps), self.list_sums(_SCRIPT, kind, *of)
        return [mine / other for mine, other in zip(own, script, strict=True)]


def measure(options: BenchmarkOptions) -> Findings:
    """Measure all ways in turn, with one client, at one shop."""
    folder = options.make_folder("tap")
    with ExitStack() as stack:
        shop = options.shop or stack.enter_context(run_slow_magento(folder / "shop"))
        script = ScriptJourney(shop)
        ways: dict[str, Journey] = {_SCRIPT: script}
        for name, preflight in ((_REMEMBER, "remember"), (_ALWAYS, "always")):
            service = stack.enter_context(
                run_handoff(
                    folder / preflight,
                    shop=shop.url,
                    ledger=build_sqlite_url(folder / preflight),
                    sessions=shop.sessions,
                    preflight=preflight,
                    workers=1,  # each worker remembers by itself
                )
            )
            ways[name] = HandoffJourney(service.port)
        times = _measure_ways(ways, script, shop, options)
    return Findings(tuple(_build_figures(times)), _format_details(times, options.shop))


def _measure_ways(
    ways: Mapping[str, Journey],
    script: ScriptJourney,
    shop: ShopUnderTest,
    options: BenchmarkOptions,
) -> _TapTimes:
    times = _TapTimes()
    login = options.customer or (None if options.shop else _SANDBOX_CUSTOMER)
    for round_number in range(options.rounds + 1):
        if round_number == 1:
            times = _TapTimes()  # the round before was a warm-up
        for kind in ("bag", "guest", "customer" if login else ""):
            for size in _BAG_SIZES if kind == "bag" else (3,) if kind else ():
                skus = shop.skus[:size]
                for way, journey in ways.items():
                    quote = ShopperQuote(skus)
                    if kind != "bag":
                        token = script.log_in(*login) if login and kind == "customer" else None
                        quote = script.create_quote(skus, token)
                    key = way, f"{kind} of {size}" if kind == "bag" else f"{kind}'s quote of {size}"
                    before = measure_process_seconds(options.shop_process)
                    times.steps.setdefault(key, []).append(journey.open_checkout(quote))
                    spent = measure_process_seconds(options.shop_process) - before
                    times.shop_seconds.setdefault(key, []).append(spent)
    return times


def _build_figures(times: _TapTimes) -> list[Figure]:
    figures = []
    for kind in (kind for kind in times.list_kinds() if kind.startswith("bag")):
        own = ("graphql", "read")
        shares = times.calculate_shares(_REMEMBER, kind, ("transfer",), own)
        always = times.calculate_shares(_ALWAYS, kind, ("transfer",), own)
        figures.append(
            Figure(
                name=f"{kind}, preflight remembered: transfer, of the shop's GraphQL and reading",
                aim=f"at most {_MAX_TRANSFER}",
                measured=format_spread(shares, ".2f"),
                met=statistics.median(shares) <= _MAX_TRANSFER,
                limit=f"With the preflight always: {format_spread(always, '.2f')}.",
            )
        )
    shares = times.calculate_shares(_REMEMBER, "bag of 3", (), ())
    always = times.calculate_shares(_ALWAYS, "bag of 3", (), ())
    figures.append(
        Figure(
            name="bag of 3, preflight remembered: tap to checkout page, of the shop's own part",
            aim=f"at most {_MAX_TAP:.2f}",
            measured=format_spread(shares, ".2f"),
            met=statistics.median(shares) <= _MAX_TAP,
            limit=f"With the preflight always: {format_spread(always, '.2f')}.",
        )
    )
    return figures


def _format_details(times: _TapTimes, shop: ShopUnderTest | None) -> str:
    where = f"the shop {shop.url}" if shop else "the sandbox shop, as slow as a Magento 2.4.7"
    text = (
        f"Medians in milliseconds at {where}. The steps of the service are transfer, page, post "
        "and checkout; those of the script are GraphQL, reading the cart, writing the session and "
        "checkout. Processor seconds are those of the shop."
    )
    rows = []
    for kind in times.list_kinds():
        for way in (_SCRIPT, _REMEMBER, _ALWAYS):
            rounds = times.steps[way, kind]
            steps = {name: statistics.median(r[name] for r in rounds) for name in rounds[0]}
            shown = ", ".join(f"{name} {value:.0f}" for name, value in steps.items())
            seconds = statistics.median(times.shop_seconds[way, kind])
            total = statistics.median(times.list_sums(way, kind))
            processor = f"{seconds:.2f}" if seconds else "not measured"
            rows.append([kind, way, f"{total:.0f}", shown, processor])
    head = ["", "way", "tap to checkout page", "steps", "shop's processor seconds"]
    return f"## From tap to checkout\n\n{text}\n\n{format_table(head, rows)}"
