from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from handoff.app_factory import create_app
from handoff.cli import main
from handoff.ledger.database import read_system_clock
from handoff.operations.json_logs import configure_logging
from handoff.settings import Settings
from tests.conftest import FakeClock
from tests.reconciliation.scenario import ADMIN, Scenario
from tests.running_servers import RunningShop
from tests.service_calls import create_environment

Command = Callable[..., Result]


@pytest.fixture
def scenario(settings: Settings, shop: RunningShop, tmp_path: Path) -> Iterator[Scenario]:
    """A service on the ledger of the commands, by the clock of this machine."""
    rights = {
        "magento_admin_username": ADMIN["username"],
        "magento_admin_password": SecretStr(ADMIN["password"]),
    }
    clock = FakeClock()
    clock.now = read_system_clock()
    app = create_app(settings.model_copy(update=rights), clock=clock)
    yield Scenario(app, shop, clock)
    app.extensions["handoff.objects"].database.close()


@pytest.fixture
def handoff(
    shop: RunningShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Command]:
    """Run `handoff` in this process, with the administrator's login in its settings."""
    for name, value in create_environment(shop, tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HANDOFF_PUBLIC_URL", "http://127.0.0.1:8000")
    monkeypatch.setenv("HANDOFF_MAGENTO_ADMIN_USERNAME", ADMIN["username"])
    monkeypatch.setenv("HANDOFF_MAGENTO_ADMIN_PASSWORD", ADMIN["password"])
    monkeypatch.setenv("COLUMNS", "160")

    def run(*arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(main, arguments, input=stdin)

    yield run
    configure_logging()  # some commands have switched it off
