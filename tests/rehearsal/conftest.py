from __future__ import annotations

import pytest

from handoff.magento.admin_access import AdminLogin
from handoff.magento.client import MagentoClient
from handoff.rehearsal.cleanup import Cleanup
from handoff.rehearsal.shop import Shop
from handoff.rehearsal.stop import Stop
from handoff.settings.store_views import StoreView
from tests.conftest import STORE
from tests.running import RunningShop


@pytest.fixture
def stop() -> Stop:
    return Stop()


@pytest.fixture
def cleanup() -> Cleanup:
    return Cleanup()


@pytest.fixture
def app_shop(shop: RunningShop, stop: Stop) -> Shop:
    """Return the stand-in shop as the app sees it, with an administrator's right."""
    client = MagentoClient(shop.url)
    access = AdminLogin(client, "admin", "Admin123!", "default")
    return Shop(client, StoreView.model_validate(STORE), access, stop)


@pytest.fixture
def publics_shop(app_shop: Shop, stop: Stop) -> Shop:
    """Return the same without any right."""
    return Shop(app_shop._client, app_shop.store, None, stop)
