"""The service under gunicorn, as it ships, and the requests that it is asked with."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load.wire import HOST, request
from benchmarks.servers.flask import ROOT
from benchmarks.servers.process import free_port, running
from benchmarks.servers.rows import Rows, new_ledger, numbers
from handoff.cli.serve import build_gunicorn_command

_KEY = "a-key-of-the-benchmark"
_SECRET = "a secret of the benchmark that is long enough"


@dataclass(frozen=True, slots=True)
class Service:
    """A running service, with its ledger at hand."""

    port: int
    process: subprocess.Popen[bytes]
    rows: Rows

    def transfers(self, number: int) -> list[bytes]:
        """Return requests that hand over a guest's quote each."""
        masked_ids = (f"{next(numbers):032d}" for _ in range(number))
        return [transfer({"quote_id": each}) for each in masked_ids]

    def looks(self, links: Iterable[str]) -> list[bytes]:
        """Return requests for the entry page of each link."""
        return [request("GET", f"/h/{link}") for link in links]

    def spendings(self, links: Iterable[str]) -> list[bytes]:
        """Return requests that spend a link each."""
        return [request("POST", f"/h/{link}") for link in links]


def transfer(body: object) -> bytes:
    """Return a request that transfers what the body says."""
    headers = (("Content-Type", "application/json"), ("Authorization", _KEY))
    return request("POST", "/api/cart-transfer", *headers, body=json.dumps(body).encode())


@contextmanager
def service(
    folder: Path,
    *,
    shop: str,
    ledger: str,
    sessions: str,
    filled: int = 0,
    ask_checkout: bool = False,
) -> Iterator[Service]:
    """Run the service on a ledger of so many rows.

    The stub shop has no checkout to be asked; one that has is told of by `ask_checkout`.
    """
    folder.mkdir(exist_ok=True)
    port = free_port()
    settings = {
        "PYTHONPATH": str(ROOT),
        "HANDOFF_PUBLIC_URL": f"http://{HOST}:{port}",
        "HANDOFF_MAGENTO_URL": shop,
        "HANDOFF_API_KEYS": _KEY,
        "HANDOFF_SECRET_KEY": _SECRET,
        "HANDOFF_SESSION_STORE": sessions,
        "HANDOFF_DATABASE_URL": ledger,
        "HANDOFF_TRANSFERS_PER_MINUTE": "1000000000",  # counted as shipped, and never too many
        "HANDOFF_ASK_CHECKOUT": str(ask_checkout).lower(),
    }
    command = [*build_gunicorn_command(f"{HOST}:{port}"), "handoff.app_factory:create_app()"]
    with (
        new_ledger(ledger, _SECRET, filled=filled) as rows,
        running(command, port, folder, environment=settings) as process,
    ):
        yield Service(port, process, rows)
