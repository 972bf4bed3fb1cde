"""A service that makes shop sessions through the shop's own pages, at the stand-in shop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.fernet import Fernet
from flask import Flask
from handoff_sandbox.catalogue import Catalogue
from handoff_sandbox.full_catalogue import create_full_catalogue
from handoff_sandbox.magento_version import MagentoVersion
from pydantic import SecretStr
from werkzeug.test import TestResponse

from tests.conftest import MakeApp, get_session_id
from tests.running_servers import RunningShop, running_shop

KEY = Fernet.generate_key().decode()
STOREFRONT_TEXTS = {"session_store": "storefront", "stored_session_keys": KEY}
"""The settings of a service whose session store cannot be reached, as the environment has them."""

STOREFRONT: dict[str, Any] = {
    "session_store": SecretStr("storefront"),
    "stored_session_keys": (SecretStr(KEY),),
}
"""The same settings after they were read."""


@pytest.fixture
def catalogue() -> Catalogue:
    return create_full_catalogue()


@pytest.fixture
def version() -> MagentoVersion:
    return MagentoVersion.V2_4_7


@pytest.fixture
def shop(tmp_path: Path, catalogue: Catalogue, version: MagentoVersion) -> Iterator[RunningShop]:
    with running_shop(tmp_path / "sessions", catalogue) as shop:
        shop.state.version = version
        yield shop


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app(**STOREFRONT)


def open_checkout(entered: TestResponse) -> dict[str, float]:
    """Open checkout with the session that a used link has given, and return its bag."""
    assert entered.status_code == 303, entered.text
    page = requests.get(
        entered.headers["Location"],
        headers={"Cookie": f"PHPSESSID={get_session_id(entered)}"},
        allow_redirects=False,
        timeout=10,
    )
    assert page.status_code == 200, page.headers.get("Location")
    start = page.text.index("{", page.text.index("window.checkoutConfig"))
    config = json.JSONDecoder().raw_decode(page.text, start)[0]
    return {line["sku"]: float(line["qty"]) for line in config["quoteItemData"]}
