"""The service twice, on each kind of stores, with bare Flask and a shop beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.servers.flask import bare_flask
from benchmarks.servers.service import Service, service
from benchmarks.servers.stores import postgres, redis, session_files, sqlite_ledger
from benchmarks.servers.stub_shop import stub_shop

FILES, SERVERS = "SQLite, files", "PostgreSQL, Redis"


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The shop's address, the port of the bare views, services and session stores by name."""

    shop: str
    bare: int
    services: dict[str, Service]
    sessions: dict[str, str]


@contextmanager
def side_by_side(room: Path) -> Iterator[SideBySide]:
    """Run all of them, with their files in a folder."""
    with ExitStack() as stack:
        shop = stack.enter_context(stub_shop(room / "shop"))
        bare = stack.enter_context(bare_flask(room / "bare", shop=shop))
        files, servers = room / "files", room / "servers"
        sessions = {
            FILES: session_files(files),
            SERVERS: stack.enter_context(redis(room / "redis")),
        }
        on_files = service(files, shop=shop, ledger=sqlite_ledger(files), sessions=sessions[FILES])
        ledger = stack.enter_context(postgres(room / "postgres"))
        on_servers = service(servers, shop=shop, ledger=ledger, sessions=sessions[SERVERS])
        services = {
            FILES: stack.enter_context(on_files),
            SERVERS: stack.enter_context(on_servers),
        }
        yield SideBySide(shop, bare, services, sessions)
