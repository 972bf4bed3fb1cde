"""The environment of a running service, and transfers to it."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from typing import Any

import requests

from tests.conftest import KEY
from tests.running_servers import RunningShop


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


def create_doctor_environment(url: str, folder: Path) -> dict[str, str]:
    """Return the settings of `handoff doctor` for a shop and a service at one URL."""
    return {
        "HANDOFF_PUBLIC_URL": url,
        "HANDOFF_MAGENTO_URL": url,
        "HANDOFF_API_KEYS": "a-key-of-the-tests-of-doctor",
        "HANDOFF_SECRET_KEY": "it-signs-the-links-of-the-tests-and-is-long",
        "HANDOFF_SESSION_STORE": (folder / "sessions").as_uri(),
        "HANDOFF_DATABASE_URL": f"sqlite:///{folder / 'handoff.db'}",
        "HANDOFF_POQ_ASSETS_URL": f"{url}/static/sandbox/mark.svg",
    }


def post_transfer(url: str, body: Any, *, key: str = KEY) -> requests.Response:
    """Post a transfer to a running service."""
    return requests.post(
        f"{url}/api/cart-transfer", json=body, headers={"Authorization": key}, timeout=30
    )


def build_web_view_cookie(link: str) -> dict[str, str]:
    """Return the cookie of a web view that has opened the page of a link over http."""
    handoff_id = link.rpartition("/")[2].partition(".")[0]
    name = f"handoff_{hashlib.sha256(handoff_id.encode()).hexdigest()[:12]}_{secrets.token_hex(3)}"
    return {name: secrets.token_urlsafe(16)}
