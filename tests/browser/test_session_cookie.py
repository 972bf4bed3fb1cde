"""The session cookie as a browser keeps it: as the shop sets its own, by the settings."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.browser.conftest import Serve
from tests.browser.web_view import WebView


def session_cookie(web_view: WebView) -> dict[str, Any]:
    """Return the one session cookie that there is."""
    cookies = web_view.page.context.cookies()
    [cookie] = [dict(each) for each in cookies if each.get("name") == "PHPSESSID"]
    return cookie


@pytest.mark.parametrize("path", ["/", "/checkout", "/checkout/"])
def test_it_has_the_path_of_the_settings(path: str, serve: Serve, web_view: WebView) -> None:
    web_view.open_up_to_checkout(serve(session_cookie_path=path).link())
    assert session_cookie(web_view)["path"] == path


def test_it_lasts_as_long_as_the_settings_say(serve: Serve, web_view: WebView) -> None:
    web_view.open_up_to_checkout(serve(session_cookie_lifetime=900).link())
    assert 800 < session_cookie(web_view)["expires"] - time.time() <= 900


def test_a_lifetime_of_0_is_until_the_browser_ends(serve: Serve, web_view: WebView) -> None:
    web_view.open_up_to_checkout(serve(session_cookie_lifetime=0).link())
    assert session_cookie(web_view)["expires"] == -1
