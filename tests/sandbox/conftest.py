"""A sandbox without a server, and a browser for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from handoff_sandbox import create_shop
from handoff_sandbox.shop import SandboxShop

from tests.sandbox.scriptless_browser import ScriptlessBrowser

URL = "http://127.0.0.1:8090"


@pytest.fixture
def session_path(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def app(session_path: Path) -> Flask:
    return create_shop(url=URL, session_path=session_path)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client without a cookie jar: tests say which cookies they send."""
    return app.test_client(use_cookies=False)


@pytest.fixture
def browser(client: FlaskClient) -> ScriptlessBrowser:
    return ScriptlessBrowser(client)


@pytest.fixture
def shop(app: Flask) -> SandboxShop:
    """The state of the shop, to change things that no caller can change."""
    found = app.extensions["sandbox"]
    assert isinstance(found, SandboxShop)
    return found
