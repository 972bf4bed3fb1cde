"""How pages and service are reached from the machine of whoever rehearses."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from requests_mock import Mocker

from handoff.rehearsal.http import open_http, way_out
from handoff.settings import Settings


def test_a_netrc_logs_nobody_in(
    settings: Settings, requests_mock: Mocker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine shop.example login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    requests_mock.get("https://shop.example/")
    http = open_http(settings, "https://shop.example")
    http.get("https://shop.example/", headers={"Authorization": "a-key"}, timeout=1)
    http.get("https://shop.example/", timeout=1)
    sent = [request.headers.get("Authorization") for request in requests_mock.request_history]
    assert sent == ["a-key", None]


@pytest.mark.parametrize(
    ("storefront", "verified"),
    [("http://127.0.0.1:8001", "/etc/own.pem"), ("https://www.shop.example", True)],
)
def test_who_vouches_for_rest_does_so_for_the_pages_of_that_host(
    settings: Settings, storefront: str, verified: str | bool
) -> None:
    own = settings.model_copy(update={"magento_ca_file": "/etc/own.pem"})
    assert open_http(own, settings.public_url, storefront).verify == verified


def test_a_certificate_that_nobody_vouches_for_is_told_from_a_host_that_is_away() -> None:
    assert "REQUESTS_CA_BUNDLE" in way_out(requests.exceptions.SSLError())
    assert "up" in way_out(requests.ConnectionError())
