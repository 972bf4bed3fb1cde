"""The session cookie in a browser, with the attributes from the settings."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.browser.conftest import Serve
from tests.browser.web_view import WebView

pytestmark = pytest.mark.processes


def get_session_cookie(web_view: WebView) -> dict[str, Any]:
    """Return the only session cookie."""
    cookies = web_view.page.context.cookies()
    [cookie] = [dict(cookie) for cookie in cookies if cookie.get("name") == "PHPSESSID"]
    return cookie


@pytest.mark.parametrize("path", ["/", "/checkout", "/checkout/"])
def test_the_session_cookie_has_the_path_of_the_settings(
    path: str, serve: Serve, web_view: WebView
) -> None:
    web_view.open_up_to_checkout(serve(session_cookie_path=path).request_link())
    assert get_session_cookie(web_view)["path"] == path


def test_the_session_cookie_has_the_lifetime_of_the_settings(
    serve: Serve, web_view: WebView
) -> None:
    web_view.open_up_to_checkout(serve(session_cookie_lifetime=900).request_link())
    assert 800 < get_session_cookie(web_view)["expires"] - time.time() <= 900


def test_a_lifetime_of_0_makes_a_session_cookie_without_expiry(
    serve: Serve, web_view: WebView
) -> None:
    web_view.open_up_to_checkout(serve(session_cookie_lifetime=0).request_link())
    assert get_session_cookie(web_view)["expires"] == -1
