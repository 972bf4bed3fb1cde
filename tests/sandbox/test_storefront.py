"""The pages of the storefront."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient
from handoff_sandbox.demo_content import CATEGORIES, require_demo_content
from handoff_sandbox.shop import SandboxShop

from tests.sandbox.scriptless_browser import ScriptlessBrowser, get_link_path


def read_messages(browser: ScriptlessBrowser) -> list[dict[str, str]]:
    held: list[dict[str, str]] = json.loads(unquote(browser.cookies["mage-messages"]))
    return held


def test_the_home_page_offers_what_can_be_bought(browser: ScriptlessBrowser) -> None:
    page = browser.get("/").text
    assert "ITEM-01" in page
    assert "ITEM-20" in page
    assert "ITEM-OFF" not in page
    assert page.count("<form") == 21


def test_every_product_has_its_own_picture_and_description(
    browser: ScriptlessBrowser, shop: SandboxShop
) -> None:
    pictures = set()
    for product in shop.catalogue.products:
        shown = require_demo_content(product.sku)
        with browser.client.get(f"/static/sandbox/pictures/{shown.picture}.svg") as answer:
            assert answer.mimetype == "image/svg+xml"
            assert len(answer.data) < 4096
            pictures.add(answer.data)
        assert shown.description
        assert shown.category in CATEGORIES
    assert len(pictures) == len(shop.catalogue.products)


def test_pages_show_demo_names_and_rest_the_recorded_ones(
    browser: ScriptlessBrowser, shop: SandboxShop
) -> None:
    page = browser.get("/item-03.html").text
    assert "<h1>Stoneware mug</h1>" in page
    assert "Lab item" not in page
    browser.add(3)
    assert "You added Stoneware mug" in read_messages(browser)[-1]["text"]
    cart = browser.get("/customer/section/load/?sections=cart").get_json()["cart"]
    assert cart["items"][0]["product_name"] == "Lab item 03"
    assert cart["items"][0]["product_image"]["src"].endswith("/pictures/mug.svg")


@pytest.mark.parametrize(
    "path", ["/", "/item-01.html", "/checkout/cart/", "/customer/account/login/", "/nothing"]
)
def test_pages_have_no_inline_code_and_nothing_of_third_parties(
    browser: ScriptlessBrowser, path: str
) -> None:
    page = browser.get(path).text
    assert re.findall(r"<script(?![^>]* src=)|<style| style=|javascript:", page) == []
    assert re.findall(r"(?:src|href|action)=\"(?!/|#)", page) == []


def test_a_form_without_scripts_contains_the_sessions_key(client: FlaskClient) -> None:
    browser = ScriptlessBrowser(client, cookies={})
    key = browser.get("/").text.partition('name="form_key" value="')[2].partition('"')[0]
    browser.post("/checkout/cart/add", form_key=key, product="1")
    assert "ITEM-01" in browser.get("/checkout/cart/").text


@pytest.mark.parametrize("key", ["", "b" * 16])
def test_a_form_with_another_key_adds_nothing(browser: ScriptlessBrowser, key: str) -> None:
    browser.post("/checkout/cart/add", form_key=key, product="1")
    assert read_messages(browser)[-1]["type"] == "error"
    assert "ITEM-01" not in browser.get("/checkout/cart/").text


def test_the_cart_page_shows_what_was_added(browser: ScriptlessBrowser) -> None:
    browser.add(1, 2)
    browser.add(3)
    page = browser.get("/checkout/cart/").text
    assert "£22.00" in page
    assert "£35.00" in page


def test_adding_a_sold_out_product_redirects_to_its_page(browser: ScriptlessBrowser) -> None:
    answer = browser.add(21)
    assert get_link_path(answer) == "/item-oos.html"
    assert (
        read_messages(browser)[-1]["text"] == "Product that you are trying to add is not available."
    )
    assert "Out of stock" in browser.get("/item-oos.html").text


def test_adding_redirects_to_pages_of_the_shop_only(client: FlaskClient) -> None:
    form = {"form_key": "k", "product": "1"}
    for referer, place in (
        ("http://127.0.0.1:8090/item-01.html", "http://127.0.0.1:8090/item-01.html"),
        ("http://evil.example/", "http://127.0.0.1:8090/"),
        ("http://127.0.0.1:8090.evil.example/", "http://127.0.0.1:8090/"),
    ):
        headers = {"Referer": referer, "Cookie": "form_key=k"}
        assert client.post("/checkout/cart/add", data=form, headers=headers).location == place


def test_every_page_keeps_the_session_and_its_file(
    browser: ScriptlessBrowser, session_path: Path
) -> None:
    browser.get("/")
    first = browser.cookies["PHPSESSID"]
    browser.get("/checkout/cart/")
    assert browser.cookies["PHPSESSID"] == first
    assert (session_path / f"sess_{first}").exists()


@pytest.mark.parametrize("path", ["/checkout/", "/checkout/cart/"])
def test_an_accept_header_of_html_alone_breaks_checkout(client: FlaskClient, path: str) -> None:
    assert client.get(path, headers={"Accept": "text/html"}).status_code == 500


def test_an_unknown_page_is_not_found(browser: ScriptlessBrowser) -> None:
    assert browser.get("/nothing/here").status_code == 404
    assert browser.get("/item-99.html").status_code == 404


def test_an_unknown_section_is_refused(client: FlaskClient) -> None:
    assert client.get("/customer/section/load/?sections=nope").status_code == 400


def test_an_empty_cart_section_counts_nothing(client: FlaskClient) -> None:
    cart = client.get("/customer/section/load/?sections=cart").get_json()["cart"]
    assert cart["summary_count"] == 0
    assert cart["items"] == []


def test_a_product_disabled_later_is_no_longer_shown(
    browser: ScriptlessBrowser, shop: SandboxShop
) -> None:
    browser.add(1)
    browser.add(2)
    shop.catalogue.disable("ITEM-01")
    page = browser.get("/checkout/").text
    assert "ITEM-01" not in page
    assert "ITEM-02" in page


def test_a_large_quantity_is_written_out(browser: ScriptlessBrowser) -> None:
    browser.add(1, 100)
    page = browser.get("/checkout/cart/").text
    assert ">100<" in page
    assert "£1,100.00" in page
