"""Run the service under gunicorn as it ships, and build the requests for it."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.clients.raw_http import HOST, build_request
from benchmarks.servers.bare_flask import ROOT
from benchmarks.servers.ledger_rows import LedgerRows, create_ledger, next_quote_number
from benchmarks.servers.process import find_free_port, run_server
from handoff.cli.serve import build_gunicorn_command

KEY = "a-key-of-the-benchmark"
"""The key of the calls that the benchmark makes as Poq's cloud."""
_SECRET = "a secret of the benchmark that is long enough"


def build_transfer(body: object) -> bytes:
    """Return a transfer request with this JSON body."""
    headers = (("Content-Type", "application/json"), ("Authorization", KEY))
    return build_request("POST", "/api/cart-transfer", *headers, body=json.dumps(body).encode())


def build_transfers(number: int) -> list[bytes]:
    """Return transfers of guests' quotes, each of another quote."""
    masked_ids = (f"{next_quote_number():032d}" for _ in range(number))
    return [build_transfer({"quote_id": masked_id}) for masked_id in masked_ids]


def build_link_use(token: str) -> bytes:
    """Return the request that uses a link, of a web view that has opened its page."""
    id_hash = hashlib.sha256(token.partition(".")[0].encode()).hexdigest()[:12]
    cookie = f"handoff_{id_hash}_000000={'0' * 22}"
    return build_request("POST", f"/h/{token}", ("Cookie", cookie))


@dataclass(frozen=True, slots=True)
class RunningHandoff:
    """A running service and the rows of its ledger."""

    port: int
    process: subprocess.Popen[bytes]
    rows: LedgerRows

    def build_transfers(self, number: int) -> list[bytes]:
        """Return transfers of guests' quotes, each of another quote."""
        return build_transfers(number)

    def build_entry_pages(self, tokens: Iterable[str]) -> list[bytes]:
        """Return a request for the entry page of each link."""
        return [build_request("GET", f"/h/{token}") for token in tokens]

    def build_link_uses(self, tokens: Iterable[str]) -> list[bytes]:
        """Return a request that uses each link."""
        return [build_link_use(token) for token in tokens]


@contextmanager
def run_handoff(
    folder: Path,
    *,
    shop: str,
    ledger: str,
    sessions: str,
    filled: int = 0,
    preflight: str = "off",
    workers: int = 2,
) -> Iterator[RunningHandoff]:
    """Run the service of this checkout, on a ledger with `filled` rows.

    The stub shops have no checkout page, so `preflight` is for other shops.
    """
    folder.mkdir(exist_ok=True)
    port = find_free_port()
    environment = {
        "PYTHONPATH": str(ROOT),
        **_build_settings(port, shop=shop, ledger=ledger, sessions=sessions),
        "HANDOFF_CHECKOUT_PREFLIGHT": preflight,
    }
    command = [*build_gunicorn_command(f"{HOST}:{port}"), "--workers", str(workers)]
    command += ["handoff.app_factory:create_app()"]
    with (
        create_ledger(ledger, _SECRET, filled=filled) as rows,
        run_server(command, port, folder, environment=environment) as process,
    ):
        yield RunningHandoff(port, process, rows)


@contextmanager
def run_checkout_of_handoff(
    checkout: Path, folder: Path, *, shop: str, ledger: str, sessions: str
) -> Iterator[int]:
    """Run `handoff serve` of a checkout of this repository and give its port.

    The checkout needs a virtual environment of its own in `.venv` or `venv`.
    """
    folder.mkdir()
    port = find_free_port()
    environment = _build_settings(port, shop=shop, ledger=ledger, sessions=sessions)
    programs = [checkout / name / "bin" / "handoff" for name in (".venv", "venv")]
    program = next((path for path in programs if path.exists()), None)
    assert program, f"{checkout} has no virtual environment with the command handoff"
    command = [str(program), "serve", "--bind", f"{HOST}:{port}"]
    with run_server(command, port, folder, environment=environment):
        yield port


def _build_settings(port: int, *, shop: str, ledger: str, sessions: str) -> dict[str, str]:
    return {
        "HANDOFF_PUBLIC_URL": f"http://{HOST}:{port}",
        "HANDOFF_MAGENTO_URL": shop,
        "HANDOFF_API_KEYS": KEY,
        "HANDOFF_SECRET_KEY": _SECRET,
        "HANDOFF_SESSION_STORE": sessions,
        "HANDOFF_DATABASE_URL": ledger,
        # The rate limit counts, as by default, and is never reached.
        "HANDOFF_TRANSFERS_PER_MINUTE": "1000000000",
        "HANDOFF_CHECKOUT_PREFLIGHT": "off",
    }
