"""The ops pages beside a service with the right to read orders, and clients that sign in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr

from handoff.app_factory import create_app
from handoff.operations.ops_pages.ops_app import create_ops_app
from handoff.service_objects import build_service_objects
from handoff.settings import Settings
from tests.conftest import FakeClock
from tests.reconciliation.scenario import ADMIN, Scenario
from tests.running_servers import RunningShop

PASSWORD = "a password of the support desk"
RIGHTS = {
    "magento_admin_username": ADMIN["username"],
    "magento_admin_password": SecretStr(ADMIN["password"]),
}

MakeOpsApp = Callable[..., Flask]


def sign_in(
    client: FlaskClient, password: str = PASSWORD, *, query: str = "", **options: Any
) -> Any:
    """Post the form for signing in."""
    data = {"password": password, "q": query}
    return client.post("/ops/login", data=data, **options)


@pytest.fixture
def scenario(settings: Settings, shop: RunningShop, clock: FakeClock) -> Iterator[Scenario]:
    app = create_app(settings.model_copy(update=RIGHTS), clock=clock)
    yield Scenario(app, shop, clock)
    app.extensions["handoff.objects"].database.close()


@pytest.fixture
def make_ops_app(settings: Settings, scenario: Scenario) -> MakeOpsApp:
    """Return a function that makes another worker's app of the pages on the same ledger."""

    def make(**changes: Any) -> Flask:
        changed = {"ops_password": SecretStr(PASSWORD), **RIGHTS, **changes}
        changed_settings = settings.model_copy(update=changed)
        return create_ops_app(build_service_objects(changed_settings, scenario.database, None))

    return make


@pytest.fixture
def ops(make_ops_app: MakeOpsApp) -> FlaskClient:
    """Return a browser that has not signed in."""
    return make_ops_app().test_client()


@pytest.fixture
def desk(ops: FlaskClient) -> FlaskClient:
    """Return a browser that has signed in."""
    assert sign_in(ops).status_code == 303
    return ops
