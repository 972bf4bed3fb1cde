"""Sessions use the certificates of this machine, and no .netrc."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from requests_mock import Mocker

from handoff.rehearsal.browser_session import build_browser_session, choose_advice_key
from handoff.rehearsal.results import get_advice
from handoff.settings import Settings
from tests.magento import shop_behaviours as shop_that
from tests.magento.faulty_shop import Behaviour, faulty_shop


def test_a_netrc_is_not_used(
    settings: Settings, requests_mock: Mocker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine shop.example login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    requests_mock.get("https://shop.example/")
    session = build_browser_session(settings, "https://shop.example")
    session.get("https://shop.example/", headers={"Authorization": "a-key"}, timeout=1)
    session.get("https://shop.example/", timeout=1)
    sent = [request.headers.get("Authorization") for request in requests_mock.request_history]
    assert sent == ["a-key", None]


@pytest.mark.parametrize(
    ("storefront", "verified"),
    [("http://127.0.0.1:8001", "/etc/own.pem"), ("https://www.shop.example", True)],
)
def test_the_authorities_for_rest_are_trusted_for_every_page_on_that_host(
    settings: Settings, storefront: str, verified: str | bool
) -> None:
    own = settings.model_copy(update={"magento_ca_file": "/etc/own.pem"})
    assert build_browser_session(own, settings.public_url, storefront).verify == verified


@pytest.mark.parametrize(
    "behaviour",
    [
        shop_that.sends_negative_chunk,
        shop_that.redirects_to_invalid_url,
        shop_that.redirects_to_unreadable_url,
    ],
)
def test_an_answer_that_is_not_http_is_a_broken_connection(
    settings: Settings, behaviour: Behaviour
) -> None:
    with faulty_shop(behaviour) as shop:
        session = build_browser_session(settings, shop.url)
        with pytest.raises(requests.RequestException):
            session.get(shop.url, timeout=5, allow_redirects=False)


def test_an_untrusted_certificate_and_a_host_that_is_down_get_different_advice() -> None:
    assert "REQUESTS_CA_BUNDLE" in get_advice(choose_advice_key(requests.exceptions.SSLError()))
    assert "up" in get_advice(choose_advice_key(requests.ConnectionError()))
