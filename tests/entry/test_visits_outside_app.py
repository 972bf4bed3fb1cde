"""Pages of links that the app has not opened wait for a tap, with the setting for it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.conftest import MakeApp, Poq

BAG = {"items": [{"sku": "ITEM-01", "quantity": 1}], "currency": "GBP", "reference": "r-1"}
POSTS_ITSELF = 'data-post="now"'


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app(tap_outside_app=True)


def transfer(app: Flask, **changes: Any) -> tuple[str, dict[str, str]]:
    """Transfer a bag; return the path of its link, and the headers of the instruction."""
    instruction = Poq(app.test_client()).transfer({**BAG, **changes}).get_json()
    headers = {header["name"]: header["value"] for header in instruction["headers"]}
    return "/" + instruction["url"].split("/", 3)[3], headers


def test_a_page_that_the_app_opens_posts_itself(app: Flask) -> None:
    link, headers = transfer(app)
    phone = app.test_client()
    assert POSTS_ITSELF in phone.get(link, headers=headers).text
    assert phone.post(link).status_code == 303


def test_a_page_that_a_scanner_opens_waits_for_a_tap(app: Flask) -> None:
    link, _ = transfer(app)
    page = app.test_client().get(link)
    assert page.status_code == 200
    assert POSTS_ITSELF not in page.text
    assert "Go to checkout at 127.0.0.1?" in page.text


def test_a_tap_uses_the_link_in_the_same_web_view(app: Flask) -> None:
    """A reload in the app has no headers of the instruction either."""
    link, _ = transfer(app)
    phone = app.test_client()
    phone.get(link)
    assert phone.post(link).status_code == 303


@pytest.mark.parametrize("proof", ["", "x", "é", "=" * 43, "A" * 5000])
def test_a_wrong_proof_is_none(app: Flask, proof: str) -> None:
    link, _ = transfer(app)
    page = app.test_client().get(link, headers={"Handoff-App": proof})
    assert POSTS_ITSELF not in page.text


def test_the_proof_is_no_part_of_the_link_and_of_no_other_link(app: Flask) -> None:
    link, headers = transfer(app)
    _, other = transfer(app, reference="r-2")
    assert headers["Handoff-App"] not in link
    for proof in (link.rpartition(".")[2], other["Handoff-App"]):
        assert POSTS_ITSELF not in app.test_client().get(link, headers={"Handoff-App": proof}).text


def test_without_the_setting_no_header_is_needed(make_app: MakeApp) -> None:
    app = make_app()
    answer = Poq(app.test_client()).transfer_bag(("ITEM-01", 1))
    assert "headers" not in answer.get_json()
    assert POSTS_ITSELF in app.test_client().get(Poq(app.test_client()).request_link()).text


def test_the_headers_of_the_settings_stay(make_app: MakeApp) -> None:
    header = {"name": "X-Of-The-Shop", "value": "1"}
    app = make_app(tap_outside_app=True, instruction_headers=(header,))
    _, headers = transfer(app)
    assert headers.keys() == {"X-Of-The-Shop", "Handoff-App"}


def test_the_form_style_needs_no_proof(make_app: MakeApp) -> None:
    app = make_app(tap_outside_app=True, instruction="form")
    instruction = Poq(app.test_client()).transfer(BAG).get_json()
    assert "headers" not in instruction
    token = instruction["body"].removeprefix("token=")
    assert app.test_client().post("/h", data={"token": token}).status_code == 303
