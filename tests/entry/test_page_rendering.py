"""The pages as documents: branding, size and Content-Security-Policy."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from tests.conftest import MakeApp, Poq

LOGO = "https://cdn.shop.example/logo.svg?v=2"
SCRIPT = "https://assets.poq.example/web-checkout.4.min.js"


def get_csp(client: FlaskClient, path: str) -> dict[str, str]:
    header = client.get(path).headers["Content-Security-Policy"]
    return dict(part.strip().split(" ", 1) for part in header.split(";"))


def test_a_page_and_all_that_it_loads_weigh_eleven_kilobytes_at_most(
    poq: Poq, client: FlaskClient
) -> None:
    for page in (client.get(poq.request_link()), client.get("/h/x")):
        weight = len(page.data)
        for path in re.findall(r'(?:src|href)="(/[^"]+\.(?:css|js))"', page.text):
            with client.get(path) as file:
                weight += len(file.get_data())
        assert 3_000 < weight <= 11_000


def test_pages_show_the_shops_name(make_app: MakeApp) -> None:
    app = make_app(shop_name="Fern & Field")
    link = Poq(app.test_client()).request_link()
    for path in (link, "/h/x"):
        page = app.test_client().get(path).text
        assert "<b>Fern &amp; Field</b>" in page
        assert "· Fern &amp; Field</title>" in page


def test_a_logo_replaces_the_name_and_is_allowed_by_the_csp(
    make_app: MakeApp,
) -> None:
    client = make_app(shop_name="Fern & Field", shop_logo_url=LOGO).test_client()
    page = client.get("/h/x").text
    assert f'<img src="{LOGO}" alt="Fern &amp; Field" height="40">' in page
    assert "<source" not in page
    policy = get_csp(client, "/h/x")
    assert policy["img-src"] == "'self' https://cdn.shop.example/logo.svg"
    assert policy["script-src"] == "'self'"


def test_dark_pages_may_have_a_logo_of_their_own(make_app: MakeApp) -> None:
    dark = "https://dark.shop.example/logo.svg"
    client = make_app(shop_logo_url=LOGO, shop_logo_dark_url=dark).test_client()
    source = f'<source media="(prefers-color-scheme: dark)" srcset="{dark}">'
    assert source in client.get("/h/x").text
    assert get_csp(client, "/h/x")["img-src"] == f"'self' https://cdn.shop.example/logo.svg {dark}"


@pytest.mark.parametrize("path", ["/", "/nothing", "/help", "/static/"])
def test_an_address_that_is_no_link_is_not_called_a_link(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "There is no page here" in answer.text
    assert "This link does not work" in client.get("/h/x/y").text


def test_poqs_script_is_loaded_only_if_the_settings_name_it(make_app: MakeApp) -> None:
    client = make_app(poq_script_url=SCRIPT, poq_script_integrity="sha384-abc=").test_client()
    page = client.get("/h/x").text
    assert f'<script src="{SCRIPT}" integrity="sha384-abc=" crossorigin="anonymous" defer>' in page
    assert get_csp(client, "/h/x")["script-src"] == f"'self' {SCRIPT}"


@pytest.mark.parametrize("part", ["; script-src *", ", x", " x"])
def test_no_setting_can_add_a_directive_to_the_csp(make_app: MakeApp, part: str) -> None:
    client = make_app(shop_logo_url=f"https://cdn.shop.example/a{part}").test_client()
    policy = get_csp(client, "/h/x")
    assert policy["script-src"] == "'self'"
    assert "," not in policy["img-src"]


def test_the_entry_page_shows_nothing_personal(poq: Poq, client: FlaskClient) -> None:
    page = client.get(poq.request_link(("ITEM-01", 2))).text
    assert "ITEM-01" not in page
    assert "There are 2 items in your bag." in page
