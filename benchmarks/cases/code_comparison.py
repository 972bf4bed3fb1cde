"""This code and another checkout, in turn: transfers and uses of links a second at saturation.

Both are asked over HTTP alone, so the other checkout may be of any version.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.clients.wrk import send_load
from benchmarks.options import CLIENTS, BenchmarkOptions
from benchmarks.report.findings import Figure, Findings, format_spread, format_table
from benchmarks.servers.databases import (
    build_sqlite_url,
    make_session_folder,
    run_postgres,
    run_redis,
)
from benchmarks.servers.handoff_service import (
    build_link_use,
    build_transfers,
    run_checkout_of_handoff,
)
from benchmarks.servers.side_by_side import FILES, SERVERS
from benchmarks.servers.stub_shop import run_stub_shop

_AIMS = {FILES: 0.7, SERVERS: 0.9}
_MAX_TRANSFERS = 3000  # a second, more than any machine has reached
_TRANSFER_SECONDS = 5  # for each second of uses, so that there are enough links
_THIS, _OTHER = "this code", "the other code"
_TRANSFER, _LINK_USE = "transfers", "uses of links"

Rates = dict[tuple[str, str, str], list[float]]
"""Requests a second of each round, by stores, kind of request and code."""


@dataclass(frozen=True, slots=True)
class _Stores:
    """The stores of one service: the URLs of its ledger and its session store."""

    ledger: str
    sessions: str


def measure(options: BenchmarkOptions) -> Findings:
    """Measure both codes on both kinds of stores, in alternating order."""
    assert options.beside, "the other checkout is missing"
    rates: Rates = {}
    with _run_services(options.make_folder("comparison"), options.beside) as ports:
        _measure_round(ports, {}, seconds=1, reverse=False)  # a warm-up, which does not count
        for number in range(options.rounds):
            _measure_round(ports, rates, seconds=options.seconds, reverse=bool(number % 2))
    return Findings(tuple(_build_figures(rates)), _format_details(rates, options.beside))


@contextmanager
def _run_services(folder: Path, other: Path) -> Iterator[dict[tuple[str, str], int]]:
    """Run both codes on both kinds of stores and give their ports, by stores and code."""
    here = Path(__file__).parents[2]
    with ExitStack() as stack:
        shop = stack.enter_context(run_stub_shop(folder / "shop"))
        redis = stack.enter_context(run_redis(folder / "redis"))
        ports = {}
        for code, checkout in ((_THIS, here), (_OTHER, other)):
            room = folder / code.replace(" ", "-")
            room.mkdir()
            files = _Stores(build_sqlite_url(room), make_session_folder(room))
            postgres = stack.enter_context(run_postgres(room / "postgres"))
            for stores, urls in ((FILES, files), (SERVERS, _Stores(postgres, redis))):
                service = run_checkout_of_handoff(
                    checkout,
                    room / stores[:2],
                    shop=shop,
                    ledger=urls.ledger,
                    sessions=urls.sessions,
                )
                ports[stores, code] = stack.enter_context(service)
        yield ports


def _measure_round(
    ports: dict[tuple[str, str], int], rates: Rates, *, seconds: int, reverse: bool
) -> None:
    for stores in (FILES, SERVERS):
        for code in (_OTHER, _THIS) if reverse else (_THIS, _OTHER):
            transfers, uses = _measure_service(ports[stores, code], seconds)
            rates.setdefault((stores, _TRANSFER, code), []).append(transfers)
            rates.setdefault((stores, _LINK_USE, code), []).append(uses)


def _measure_service(port: int, seconds: int) -> tuple[float, float]:
    transfer_seconds = seconds * _TRANSFER_SECONDS
    transfers = send_load(
        port,
        build_transfers(_MAX_TRANSFERS * transfer_seconds),
        clients=CLIENTS,
        seconds=transfer_seconds,
        statuses={200},
        expected='"url"',
        collect_links=True,
    )
    uses = send_load(
        port,
        [build_link_use(link) for link in transfers.links],
        clients=CLIENTS,
        seconds=seconds,
        statuses={303},
        expected="/checkout/",
    )
    return transfers.rate, uses.rate


def _build_figures(rates: Rates) -> list[Figure]:
    return [
        _build_figure(stores, kind, _calculate_ratios(rates, stores, kind))
        for stores in (FILES, SERVERS)
        for kind in (_TRANSFER, _LINK_USE)
    ]


def _build_figure(stores: str, kind: str, ratios: list[float]) -> Figure:
    return Figure(
        name=f"{kind} a second, {_THIS} as a share of {_OTHER} ({stores})",
        aim=f"at least {_AIMS[stores]}",
        measured=format_spread(ratios, ".2f"),
        met=statistics.median(ratios) >= _AIMS[stores],
    )


def _calculate_ratios(rates: Rates, stores: str, kind: str) -> list[float]:
    rounds = zip(rates[stores, kind, _THIS], rates[stores, kind, _OTHER], strict=True)
    return [this / other for this, other in rounds]


def _format_details(rates: Rates, other: Path) -> str:
    rows = [
        [f"{kind} ({stores})", code, format_spread(values, ".0f")]
        for (stores, kind, code), values in rates.items()
    ]
    text = (
        f"{CLIENTS} clients. The rounds alternate between the two codes; the other code is the "
        f"checkout `{other.name}`."
    )
    return f"## Two codes side by side\n\n{text}\n\n{format_table(['', '', 'requests/s'], rows)}"
