"""Steady load: 50 transfers and 50 uses of links a second, at a shop that answers in 50 ms.

The load is open: requests come at a constant rate, however long the service takes. The case
measures the time of a request from its scheduled moment to its last byte, less the time in which
the shop worked for it.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.clients.open_load import ConnectionPool, ScheduledResponse, send_at_rate
from benchmarks.clients.single_client import send_all
from benchmarks.options import BenchmarkOptions
from benchmarks.report.findings import Figure, Findings, format_table
from benchmarks.servers.databases import (
    build_sqlite_url,
    make_session_folder,
    run_postgres,
    run_redis,
)
from benchmarks.servers.delayed_shop import DelayedShop, run_delayed_shop
from benchmarks.servers.handoff_service import (
    build_link_use,
    build_transfer,
    build_transfers,
    run_handoff,
)
from benchmarks.servers.ledger_rows import next_quote_number
from benchmarks.servers.side_by_side import FILES, SERVERS

_RATE = 50  # of each kind, a second
_MAX_P99 = 25.0  # milliseconds
_WARM_UP_CLIENTS, _WARM_UP_TRANSFERS, _WARM_UP_SECONDS = 8, 5, 3
_LINK_AGE = 1  # seconds from a transfer to the use of its link


@dataclass(frozen=True, slots=True)
class _SteadyTimes:
    """Milliseconds of the requests of each kind in the service, and how late the client was.

    `busy` is the number of transfers that the service refused as too many.
    """

    transfers: list[float]
    link_uses: list[float]
    late: list[float]
    busy: int


def measure(options: BenchmarkOptions) -> Findings:
    """Measure the service on both kinds of stores, one after the other."""
    folder = options.make_folder("steady")
    with run_delayed_shop(folder / "shop") as shop:
        times = {
            FILES: _measure_on_files(folder / "files", shop, options.steady_seconds),
            SERVERS: _measure_on_servers(folder / "servers", shop, options.steady_seconds),
        }
    return Findings(tuple(_build_figures(times)), _format_details(times))


def _measure_on_files(folder: Path, shop: DelayedShop, seconds: int) -> _SteadyTimes:
    sessions = make_session_folder(folder)
    with run_handoff(
        folder, shop=shop.url, ledger=build_sqlite_url(folder), sessions=sessions
    ) as service:
        return _measure_service(service.port, shop, seconds)


def _measure_on_servers(folder: Path, shop: DelayedShop, seconds: int) -> _SteadyTimes:
    folder.mkdir()
    with (
        run_redis(folder / "redis") as sessions,
        run_postgres(folder / "postgres") as ledger,
        run_handoff(folder, shop=shop.url, ledger=ledger, sessions=sessions) as service,
    ):
        return _measure_service(service.port, shop, seconds)


def _measure_service(port: int, shop: DelayedShop, seconds: int) -> _SteadyTimes:
    for _ in range(_WARM_UP_CLIENTS):  # one after the other, so that both workers are started
        send_all(port, build_transfers(_WARM_UP_TRANSFERS), statuses={200})
    asyncio.run(_send_load(port, _WARM_UP_SECONDS))
    gc.disable()  # a collection would delay requests of the client
    try:
        quote_numbers, transfers, link_uses = asyncio.run(_send_load(port, seconds))
    finally:
        gc.enable()
    assert {response.status for response in transfers} <= {200, 503}, "a transfer failed"
    assert {response.status for response in link_uses} == {303}, "the use of a link failed"
    shop_times = shop.read_milliseconds()
    return _SteadyTimes(
        transfers=[
            response.milliseconds - shop_times[number]
            for number, response in zip(quote_numbers, transfers, strict=True)
            if response.status == 200
        ],
        link_uses=[response.milliseconds for response in link_uses],
        late=[response.late for response in (*transfers, *link_uses)],
        busy=sum(response.status != 200 for response in transfers),
    )


async def _send_load(
    port: int, seconds: int
) -> tuple[list[int], list[ScheduledResponse], list[ScheduledResponse]]:
    """Transfer quotes and use their links; return the numbers of the quotes and all responses."""
    pool = ConnectionPool(port)
    links: deque[str] = deque()
    quote_numbers: list[int] = []

    def next_transfer() -> bytes:
        quote_numbers.append(next_quote_number())
        return build_transfer({"quote_id": f"{quote_numbers[-1]:032d}"})

    def keep_link(response: ScheduledResponse) -> None:
        if response.status == 200:
            links.append(str(json.loads(response.body)["url"]).partition("/h/")[2])

    def next_link_use() -> bytes | None:
        return build_link_use(links.popleft()) if links else None

    async def use_links() -> list[ScheduledResponse]:
        await asyncio.sleep(_LINK_AGE)
        return await send_at_rate(pool, _RATE, seconds, next_link_use)

    transfers, link_uses = await asyncio.gather(
        send_at_rate(pool, _RATE, seconds, next_transfer, on_response=keep_link), use_links()
    )
    pool.close()
    return quote_numbers, transfers, link_uses


def _build_figures(times: dict[str, _SteadyTimes]) -> list[Figure]:
    busy = sum(measured.busy for measured in times.values())
    kinds = {
        "transfers": [times[stores].transfers for stores in (FILES, SERVERS)],
        "uses of links": [times[stores].link_uses for stores in (FILES, SERVERS)],
    }
    return [
        Figure(
            name=f"{_RATE} {kind} a second: time in the service without the shop's, p50 and p99",
            aim=f"p99 under {_MAX_P99:.0f} ms",
            measured=_format_percentiles(on_files),
            met=not busy
            and max(_calculate_percentile(on_files, 99), _calculate_percentile(on_servers, 99))
            < _MAX_P99,
            beside=_format_percentiles(on_servers),
            limit=f"{busy} transfers were refused as too many." if busy else "",
        )
        for kind, (on_files, on_servers) in kinds.items()
    ]


def _calculate_percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


def _format_percentiles(values: Sequence[float]) -> str:
    return f"{_calculate_percentile(values, 50):.1f} ms, {_calculate_percentile(values, 99):.1f} ms"


def _format_details(times: dict[str, _SteadyTimes]) -> str:
    head = ["", "requests", "p50 ms", "p90 ms", "p99 ms", "max ms"]
    rows = []
    for stores, measured in times.items():
        for title, values in (
            ("transfer of a guest's quote", measured.transfers),
            ("use of a link, POST", measured.link_uses),
            ("lateness of the client, which the times above include", measured.late),
        ):
            percentiles = [
                f"{_calculate_percentile(values, percent):.1f}" for percent in (50, 90, 99)
            ]
            rows.append(
                [f"{title} ({stores})", str(len(values)), *percentiles, f"{max(values):.1f}"]
            )
    text = (
        f"Open load of {_RATE} transfers and {_RATE} uses of links a second. The shop answers each "
        "call after 50 ms. The times are without those that the shop itself measured."
    )
    return f"## Steady load\n\n{text}\n\n{format_table(head, rows)}"
