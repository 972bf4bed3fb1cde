from __future__ import annotations

import pytest
from pydantic import SecretStr

from tests.conftest import FakeClock, MakeApp
from tests.reconciliation.scenario import ADMIN, Scenario
from tests.running_servers import RunningShop


@pytest.fixture
def scenario(make_app: MakeApp, shop: RunningShop, clock: FakeClock) -> Scenario:
    app = make_app(
        magento_admin_username=ADMIN["username"],
        magento_admin_password=SecretStr(ADMIN["password"]),
    )
    return Scenario(app, shop, clock)
