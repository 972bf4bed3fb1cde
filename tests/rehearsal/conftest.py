from __future__ import annotations

import pytest

from handoff.magento.admin_access import AdminLogin
from handoff.magento.client import MagentoClient
from handoff.rehearsal.app_shop_client import AppShopClient
from handoff.rehearsal.cancel_token import CancelToken
from handoff.rehearsal.runner import build_undo_stack
from handoff.settings.store_view_models import StoreView
from handoff.undo_stack import UndoStack
from tests.conftest import STORE
from tests.running_servers import RunningShop


@pytest.fixture
def cancel() -> CancelToken:
    return CancelToken()


@pytest.fixture
def undo_stack() -> UndoStack:
    return build_undo_stack()


@pytest.fixture
def admin_app(shop: RunningShop, cancel: CancelToken) -> AppShopClient:
    """Return the app's client of the stand-in shop, with an administrator's login."""
    client = MagentoClient(shop.url)
    access = AdminLogin(client, "admin", "Admin123!", "default")
    return AppShopClient(client, StoreView.model_validate(STORE), access, cancel)


@pytest.fixture
def plain_app(shop: RunningShop, cancel: CancelToken) -> AppShopClient:
    """Return the same without an administrator."""
    return AppShopClient(MagentoClient(shop.url), StoreView.model_validate(STORE), None, cancel)
