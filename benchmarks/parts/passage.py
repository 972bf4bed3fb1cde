"""The three requests of a shopper's passage, under load."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.load.wrk import Sample, drive
from benchmarks.servers.service import Service

_MOST_TRANSFERS = 3000  # a second, which no machine has come near
_MOST_SPENDINGS = 3000
_LOOKED_AT = 500


@dataclass(frozen=True, slots=True)
class Passage:
    """What some seconds of each have shown."""

    transfer: Sample
    entry: Sample
    spending: Sample


def measure_passage(service: Service, *, clients: int, seconds: int) -> Passage:
    """Put load on a service, and leave its ledger as it was."""
    transfer = drive(
        service.port,
        service.transfers(_MOST_TRANSFERS * seconds),
        clients=clients,
        seconds=seconds,
        statuses={200},
        word='"url"',
    )
    entry = drive(
        service.port,
        service.looks(service.rows.fresh_links(_LOOKED_AT)),
        clients=clients,
        seconds=seconds,
        statuses={200},
        word='<form method="post"',
        again=True,
    )
    links = service.rows.fresh_links(_MOST_SPENDINGS * seconds)  # each is spent once
    spending = drive(
        service.port,
        service.spendings(links),
        clients=clients,
        seconds=seconds,
        statuses={303},
        word="/checkout/",
    )
    service.rows.forget()
    return Passage(transfer, entry, spending)
