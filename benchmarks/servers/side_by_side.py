"""Run the service twice, on both kinds of stores, together with the bare views and a stub shop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.servers.bare_flask import run_bare_flask
from benchmarks.servers.databases import (
    build_sqlite_url,
    make_session_folder,
    run_postgres,
    run_redis,
)
from benchmarks.servers.handoff_service import RunningHandoff, run_handoff
from benchmarks.servers.stub_shop import run_stub_shop

FILES, SERVERS = "SQLite, files", "PostgreSQL, Redis"


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The stub shop's URL, the port of the bare views, and services and session stores by name."""

    shop_url: str
    bare_port: int
    services: dict[str, RunningHandoff]
    sessions: dict[str, str]


@contextmanager
def run_side_by_side(folder: Path) -> Iterator[SideBySide]:
    """Run all of them, with their files in a folder."""
    with ExitStack() as stack:
        shop = stack.enter_context(run_stub_shop(folder / "shop"))
        bare_port = stack.enter_context(run_bare_flask(folder / "bare", shop=shop))
        files, servers = folder / "files", folder / "servers"
        sessions = {
            FILES: make_session_folder(files),
            SERVERS: stack.enter_context(run_redis(folder / "redis")),
        }
        ledgers = {
            FILES: build_sqlite_url(files),
            SERVERS: stack.enter_context(run_postgres(folder / "postgres")),
        }
        services = {
            stores: stack.enter_context(
                run_handoff(path, shop=shop, ledger=ledgers[stores], sessions=sessions[stores])
            )
            for stores, path in ((FILES, files), (SERVERS, servers))
        }
        yield SideBySide(shop, bare_port, services, sessions)
