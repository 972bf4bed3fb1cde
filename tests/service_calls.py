"""The environment of a running service, and transfers to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests

from tests.conftest import KEY
from tests.running import RunningShop


def create_environment(shop: RunningShop, folder: Path, **changes: str) -> dict[str, str]:
    """Return the environment of a service beside a stand-in shop, on a ledger in a folder."""
    return {
        "HANDOFF_MAGENTO_URL": shop.url,
        "HANDOFF_API_KEYS": KEY,
        "HANDOFF_SECRET_KEY": "a secret of the tests that is long enough",
        "HANDOFF_SESSION_STORE": shop.sessions.as_uri(),
        "HANDOFF_DATABASE_URL": f"sqlite:///{folder / 'handoff.db'}",
        **changes,
    }


def post_transfer(url: str, body: Any, *, key: str = KEY) -> requests.Response:
    """Post a transfer to a running service."""
    return requests.post(
        f"{url}/api/cart-transfer", json=body, headers={"Authorization": key}, timeout=30
    )
