"""Fixtures and helpers of all tests: the stand-in shop, the service, and a clock."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from handoff.app_factory import create_app
from handoff.settings import Settings, load_settings
from tests.compiled_caches import share_compiled_code
from tests.logs import CapturedLog
from tests.mariadb import MariadbServer, derive_session_store_key, running_mariadb
from tests.migrated_ledgers import create_ledger_in, create_ledger_on
from tests.postgres import PostgresServer, running_postgres
from tests.running_servers import (
    RedisServer,
    RunningShop,
    ShopServer,
    running_redis,
    running_shop_server,
)

pytest_plugins = ["tests.pytest_hooks"]
share_compiled_code()

KEY = "a-key-of-the-tests"

# The speed of the machine must not fail a test.
hypothesis.settings.register_profile(
    "handoff",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "30")),
    stateful_step_count=30,
)
hypothesis.settings.load_profile("handoff")


class FakeClock:
    """A clock in milliseconds that stands still until a test advances it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now

    def advance(self, *, seconds: float) -> None:
        """Move the clock forward."""
        self.now += int(seconds * 1000)


class Poq:
    """Poq's cloud: posts transfers to a service."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def transfer(self, body: Any, *, key: str | None = KEY, **options: Any) -> TestResponse:
        """Post a transfer; a `str` or `bytes` body goes as it is, anything else as JSON."""
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        headers = {"Authorization": key} if key is not None else {}
        options.setdefault("content_type", "application/json")
        return self.client.post("/api/cart-transfer", data=data, headers=headers, **options)

    def transfer_bag(self, *lines: tuple[str, int], reference: str = "r-1") -> TestResponse:
        """Post a bag of (sku, quantity) lines."""
        items = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
        return self.transfer({"items": items, "currency": "GBP", "reference": reference})

    def request_link(self, *lines: tuple[str, int], reference: str = "r-1") -> str:
        """Post a bag and return the path of its link."""
        answer = self.transfer_bag(*(lines or (("ITEM-01", 1),)), reference=reference)
        assert answer.status_code == 200, answer.text
        return get_link_path(answer)


def get_link_path(answer: TestResponse) -> str:
    """Return the path of the link in an instruction."""
    url = str(answer.get_json()["url"])
    return "/" + url.split("/", 3)[3]


def use_link(web_view: FlaskClient, link: str, **options: Any) -> TestResponse:
    """Open the page of a link and post its form, as a web view does; options are of the post."""
    web_view.get(link, base_url=options.get("base_url"))
    return web_view.post(link, **options)


def get_session_id(entered: TestResponse) -> str:
    """Return the id of the session cookie that a used link has set."""
    sent = (line.partition(";")[0] for line in entered.headers.getlist("Set-Cookie"))
    pairs = (pair.partition("=") for pair in sent)
    [session_id] = {value for name, _, value in pairs if name == "PHPSESSID" and value}
    return session_id


def read_handoffs(folder: Path) -> list[dict[str, Any]]:
    """Return the handoffs of the SQLite ledger in a folder, the oldest first."""
    with sqlite3.connect(folder / "handoff.db") as connection:
        connection.row_factory = sqlite3.Row
        rows = connection.execute("SELECT * FROM handoff ORDER BY issued_at, rowid")
        return [dict(row) for row in rows]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def rate_limit_clock(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """Make the rate limits in memory use the test's clock."""
    seconds = SimpleNamespace(time=lambda: clock() / 1000, monotonic=lambda: clock() / 1000)
    monkeypatch.setattr("handoff.operations.rate_limits.time", seconds)
    monkeypatch.setattr("limits.storage.memory.time", seconds)
    return clock


@pytest.fixture(scope="session")
def shop_server() -> Iterator[ShopServer]:
    with running_shop_server() as server:
        yield server


@pytest.fixture
def shop(shop_server: ShopServer, tmp_path: Path) -> RunningShop:
    """Return a shop that nobody has used; it answers at the same URL as that of other tests."""
    return shop_server.open_new_shop(tmp_path / "sessions")


@pytest.fixture
def settings(shop: RunningShop, tmp_path: Path) -> Settings:
    folders = {
        "session_store": SecretStr(shop.sessions.as_uri()),
        "database_url": SecretStr(create_ledger_in(tmp_path)),
    }
    return _load_common_settings(shop.url).model_copy(update=folders)


@cache
def _load_common_settings(shop_url: str) -> Settings:
    """Return what the settings of all tests share, since checking them takes milliseconds."""
    return load_settings(**create_settings(shop_url, Path("/sessions"), Path("/ledger")))


def create_settings(shop_url: str, sessions: Path, folder: Path) -> dict[str, Any]:
    """Return settings for a service beside a stand-in shop, on a ledger in a folder."""
    return {
        "public_url": "http://127.0.0.1:8000",
        "magento_url": shop_url,
        "api_keys": (KEY,),
        "secret_key": "a secret of the tests that is long enough",
        "session_store": sessions.as_uri(),
        "database_url": create_ledger_in(folder),
        "stores": (STORE,),
    }


STORE = {
    "currency": "GBP",
    "code": "default",
    "store_id": 1,
    "website_id": 1,
    "website_code": "base",
}

MakeApp = Callable[..., Flask]


@pytest.fixture
def make_app(settings: Settings, clock: FakeClock) -> Iterator[MakeApp]:
    """Return a function that makes apps on the same ledger and shop, with changed settings."""
    apps: list[Flask] = []

    def make(**changes: Any) -> Flask:
        app = create_app(settings.model_copy(update=changes), clock=clock)
        apps.append(app)
        return app

    yield make
    for app in apps:
        app.extensions["handoff.objects"].database.close()


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def phone(app: Flask) -> FlaskClient:
    """Return a web view: a client with cookies of its own."""
    return app.test_client()


@pytest.fixture
def poq(app: Flask) -> Poq:
    return Poq(app.test_client())


@pytest.fixture
def captured_log(capsys: pytest.CaptureFixture[str]) -> CapturedLog:
    return CapturedLog(capsys)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Run the PostgreSQL that all tests share, with databases for each."""
    with running_postgres() as server:
        yield server


BOTH = ("sqlite", pytest.param("postgresql", marks=pytest.mark.processes))
"""The kinds of database that a ledger may use."""


def create_ledger(request: pytest.FixtureRequest, folder: Path) -> str:
    """Return the URL of a new ledger in the kind of database that `request.param` names.

    It has no tables if the folder is not there.
    """
    if request.param == "sqlite":
        return create_ledger_in(folder)
    server: PostgresServer = request.getfixturevalue("postgres")
    return create_ledger_on(server) if folder.is_dir() else server.new_database()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariadbServer]:
    """Run the MariaDB that all tests share, with databases for each."""
    with running_mariadb() as server:
        yield server


@pytest.fixture(scope="session")
def session_store_key_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a file with the session store key of the shops in `mariadb`."""
    return str(derive_session_store_key(tmp_path_factory.mktemp("key")))
