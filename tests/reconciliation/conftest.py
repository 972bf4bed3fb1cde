from __future__ import annotations

import pytest
from pydantic import SecretStr

from tests.conftest import MakeApp, TurnedClock
from tests.reconciliation.desk import ADMIN, Desk
from tests.running import RunningShop


@pytest.fixture
def desk(make_app: MakeApp, shop: RunningShop, clock: TurnedClock) -> Desk:
    app = make_app(
        magento_admin_username=ADMIN["username"],
        magento_admin_password=SecretStr(ADMIN["password"]),
    )
    return Desk(app, shop, clock)
