"""The three requests of a shopper under load: the transfer, the entry page, the use of the link."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.clients.wrk import LoadSample, send_load
from benchmarks.servers.handoff_service import RunningHandoff

_MAX_TRANSFERS = 3000  # a second, more than any machine has reached
_MAX_USES = 3000
_ENTRY_PAGES = 500


@dataclass(frozen=True, slots=True)
class ShopperSamples:
    """The results of some seconds of load with each kind of request."""

    transfer: LoadSample
    entry_page: LoadSample
    link_use: LoadSample


def measure_shopper_requests(
    service: RunningHandoff, *, clients: int, seconds: int
) -> ShopperSamples:
    """Measure each request for some seconds, and remove the rows that this adds to the ledger."""
    transfer = send_load(
        service.port,
        service.build_transfers(_MAX_TRANSFERS * seconds),
        clients=clients,
        seconds=seconds,
        statuses={200},
        expected='"url"',
    )
    entry_page = send_load(
        service.port,
        service.build_entry_pages(service.rows.add_links(_ENTRY_PAGES)),
        clients=clients,
        seconds=seconds,
        statuses={200},
        expected='<form method="post"',
        repeat=True,
    )
    link_use = send_load(
        service.port,
        service.build_link_uses(service.rows.add_links(_MAX_USES * seconds)),  # each works once
        clients=clients,
        seconds=seconds,
        statuses={303},
        expected="/checkout/",
    )
    service.rows.remove_added_rows()
    return ShopperSamples(transfer, entry_page, link_use)
