"""The script for the shop's pages, and Poq's own script behind it."""

from __future__ import annotations

import gzip
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import MakeApp
from tests.logs import CapturedLog
from tests.web_checkout.poq_assets import SCRIPT, VERSION, PoqAssets, compute_integrity

INTEGRITY = compute_integrity(SCRIPT)


@pytest.fixture
def client(make_app: MakeApp, assets: PoqAssets) -> FlaskClient:
    return make_app(poq_assets_url=assets.url).test_client()


def get_poq_script(
    client: FlaskClient, version: str = VERSION, integrity: str = INTEGRITY
) -> TestResponse:
    query = urlencode({"version": version, "integrity": integrity})
    return client.get(f"/web-checkout/poq.js?{query}")


def test_the_script_is_small_and_cacheable(client: FlaskClient) -> None:
    answer = client.get("/web-checkout.js")
    assert len(gzip.compress(answer.data)) < 6 * 1024
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "public, max-age=600"
    assert "Set-Cookie" not in answer.headers
    again = client.get("/web-checkout.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("url", ["myshop://bag?a=\"</script>'", None])
def test_the_script_knows_the_settings(make_app: MakeApp, url: str | None) -> None:
    text = make_app(app_return_url=url, app_style="/media/app.css").test_client()
    script = text.get("/web-checkout.js").text
    assert "WEB_CHECKOUT_SETTINGS" not in script
    assert "</script>" not in script
    assert '"appStyle": "/media/app.css"' in script


def test_poqs_script_is_fetched_once_and_served(client: FlaskClient, assets: PoqAssets) -> None:
    for _ in range(3):
        answer = get_poq_script(client)
        assert (answer.status_code, answer.text) == (200, SCRIPT)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000"
    assert assets.paths == [f"web-checkout.{VERSION}.min.js"]


@pytest.mark.parametrize(
    ("version", "integrity"),
    [
        ("../secret", INTEGRITY),
        ("4.2.0/../x", INTEGRITY),
        ("4.2.0\n", INTEGRITY),
        ("\u0664.2.0", INTEGRITY),
        ("", INTEGRITY),
        (VERSION, ""),
        (VERSION, "sha1-" + "a" * 44),
        (VERSION, "sha384-short"),
        (VERSION, f"{INTEGRITY} sha256-" + "a" * 43 + "="),
    ],
)
def test_nothing_is_fetched_for_a_strange_version_or_hash(
    client: FlaskClient, assets: PoqAssets, version: str, integrity: str
) -> None:
    assert get_poq_script(client, version, integrity).status_code == 404
    assert assets.paths == []


@pytest.mark.parametrize("content", ["another script", "x" * 600_000])
def test_a_file_with_another_hash_or_of_another_size_is_not_served(
    client: FlaskClient, assets: PoqAssets, content: str, captured_log: CapturedLog
) -> None:
    assets.content = content
    integrity = INTEGRITY if content == "another script" else compute_integrity(content)
    answer = get_poq_script(client, integrity=integrity)
    assert answer.status_code == 404
    assert "max-age" not in answer.headers["Cache-Control"]
    assert [line["version"] for line in captured_log.read_lines("poq_script_not_fetched")] == [
        VERSION
    ]


def test_few_files_are_fetched_within_a_minute(client: FlaskClient, assets: PoqAssets) -> None:
    for number in range(30):
        get_poq_script(client, f"1.{number}")
    assert len(assets.paths) == 10
