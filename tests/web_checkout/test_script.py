"""The script for the shop's pages, and Poq's own script behind it."""

from __future__ import annotations

import gzip
import hashlib
from base64 import b64encode
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import MakeApp, Poq, use_link
from tests.logs import CapturedLog
from tests.web_checkout.poq_assets import SCRIPT, VERSION, PoqAssets, compute_integrity

INTEGRITY = compute_integrity(SCRIPT)


@pytest.fixture
def script_app(make_app: MakeApp, assets: PoqAssets) -> Flask:
    return make_app(poq_assets_url=assets.url)


@pytest.fixture
def client(script_app: Flask) -> FlaskClient:
    return script_app.test_client()


@pytest.fixture
def web_view(script_app: Flask) -> FlaskClient:
    """Return a client with the signed cookie."""
    client = script_app.test_client()
    use_link(client, Poq(script_app.test_client()).request_link())
    return client


def get_poq_script(
    client: FlaskClient,
    version: str = VERSION,
    integrity: str = INTEGRITY,
    address: str = "127.0.0.1",
) -> TestResponse:
    query = urlencode({"version": version, "integrity": integrity})
    url = f"/web-checkout/poq.js?{query}"
    return client.get(url, environ_base={"REMOTE_ADDR": address})


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


def test_few_files_are_fetched_for_an_address_within_a_minute(
    client: FlaskClient, assets: PoqAssets
) -> None:
    for number in range(30):
        get_poq_script(client, f"1.{number}")
    assert len(assets.paths) == 10


def test_strangers_do_not_use_up_the_fetches_of_a_web_view(
    client: FlaskClient, web_view: FlaskClient
) -> None:
    for number in range(30):
        get_poq_script(client, f"9.9.{number}")
    assert get_poq_script(client).status_code == 404
    assert get_poq_script(web_view).text == SCRIPT


def test_an_address_beside_a_stranger_has_fetches_of_its_own(client: FlaskClient) -> None:
    for number in range(30):
        get_poq_script(client, f"9.9.{number}")
    assert get_poq_script(client, address="192.0.2.7").text == SCRIPT


def test_strangers_do_not_evict_the_file_of_a_web_view(
    client: FlaskClient, web_view: FlaskClient, assets: PoqAssets
) -> None:
    get_poq_script(web_view)
    for number in range(30):
        assets.other_versions.add(f"1.{number}")
        assert get_poq_script(client, f"1.{number}", address=f"192.0.2.{number}").text == SCRIPT
    assets.status = 503
    assert get_poq_script(web_view).text == SCRIPT


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_a_file_is_kept_once_for_all_hashes(
    client: FlaskClient, assets: PoqAssets, algorithm: str
) -> None:
    get_poq_script(client)
    digest = hashlib.new(algorithm, SCRIPT.encode()).digest()
    integrity = f"{algorithm}-{b64encode(digest).decode()}"
    assert get_poq_script(client, integrity=integrity).text == SCRIPT
    assert len(assets.paths) == 1


def test_only_the_canonical_spelling_of_a_hash_is_accepted(client: FlaskClient) -> None:
    canonical = b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = alphabet[alphabet.index(canonical[-2]) + 1]  # its last two bits are not read
    assert get_poq_script(client, integrity=f"sha256-{canonical}").status_code == 200
    assert get_poq_script(client, integrity=f"sha256-{canonical[:-2]}{last}=").status_code == 404
    assert get_poq_script(client, integrity=f"sha256-{canonical[:-1]}").status_code == 404


def test_a_wrong_hash_does_not_replace_a_file(client: FlaskClient, assets: PoqAssets) -> None:
    get_poq_script(client)
    assets.content = "another script"
    assert get_poq_script(client, integrity="sha256-" + "A" * 43 + "=").status_code == 404
    assert get_poq_script(client).text == SCRIPT


def test_a_file_that_poq_replaces_is_fetched_again(client: FlaskClient, assets: PoqAssets) -> None:
    get_poq_script(client)
    assets.content = "a newer script"
    integrity = compute_integrity(assets.content)
    assert get_poq_script(client, integrity=integrity).text == "a newer script"
