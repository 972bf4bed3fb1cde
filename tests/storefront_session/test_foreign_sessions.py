"""A cache in front of the shop sets session cookies: that of another visitor gets no link."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from flask import Flask, Response, g, request
from handoff_sandbox.shop import SandboxShop

from handoff.app_factory import create_app
from handoff.settings import load_settings
from tests.conftest import (
    Poq,
    create_settings,
    get_link_path,
    get_session_id,
    read_handoffs,
    use_link,
)
from tests.doctor.modified_shop import run_modified_shop
from tests.logs import CapturedLog
from tests.storefront_session.conftest import STOREFRONT_TEXTS, open_checkout
from tests.transfer.test_views import read_problem

BAG = (("ITEM-01", 1), ("ITEM-02", 2))
ADD, CHECKOUT = "/checkout/cart/add/", "/checkout/"
FOREIGN_CARTS = {
    "an empty cart": (),
    "the first line": BAG[:1],
    "the same bag": BAG,
    "another bag": (("ITEM-05", 1),),
}

ChangeCookie = Callable[[Response], None]


@contextmanager
def open_service(
    tmp_path: Path, path: str, number: int, change: ChangeCookie
) -> Iterator[tuple[Flask, str, SandboxShop]]:
    """Run the service at a shop in which `change` gets one answer to a path.

    Yields the service, the URL of the shop and its state.
    """
    counts = {"seen": 0}

    def modify(shop: Flask) -> None:
        @shop.after_request
        def _change(response: Response) -> Response:
            if request.path == path and "Handoff/" in request.headers["User-Agent"]:
                counts["seen"] += 1
                if counts["seen"] == number:
                    change(response)
            return response

    with run_modified_shop(tmp_path / "sessions", modify) as (url, state):
        settings = create_settings(url, tmp_path / "sessions", tmp_path) | STOREFRONT_TEXTS
        app = create_app(load_settings(**settings))
        try:
            yield app, url, state
        finally:
            app.extensions["handoff.objects"].database.close()


def fill_cart(url: str, state: SandboxShop, lines: tuple[tuple[str, int], ...]) -> str:
    """Fill the cart of a visitor of the shop's pages, and return the visitor's session id."""
    with requests.Session() as browser:
        browser.cookies.set("form_key", "a-key-of-another", domain="127.0.0.1")
        browser.get(f"{url}/", timeout=10)
        for sku, quantity in lines:
            product = state.catalogue.find_by_sku(sku)
            assert product is not None
            form = {"product": product.id, "qty": quantity, "form_key": "a-key-of-another"}
            browser.post(f"{url}{ADD}", data=form, timeout=10).raise_for_status()
        return str(browser.cookies["PHPSESSID"])


@pytest.mark.parametrize("cart", FOREIGN_CARTS.values(), ids=FOREIGN_CARTS)
@pytest.mark.parametrize(
    ("path", "number"), [(ADD, 1), (ADD, 2), (CHECKOUT, 1)], ids=["first", "second", "checkout"]
)
def test_the_session_of_another_visitor_gets_no_link(
    tmp_path: Path,
    captured_log: CapturedLog,
    path: str,
    number: int,
    cart: tuple[tuple[str, int], ...],
) -> None:
    foreign: list[str] = []

    def add_cookie(response: Response) -> None:
        response.headers.add("Set-Cookie", f"PHPSESSID={foreign[0]}; path=/")

    with open_service(tmp_path, path, number, add_cookie) as (app, url, state):
        foreign.append(fill_cart(url, state, cart))
        answer = Poq(app.test_client()).transfer_bag(*BAG)
    body = read_problem(answer, 503, "shop_unavailable")
    assert "another visitor" in body["detail"]
    assert read_handoffs(tmp_path) == []
    lines = captured_log.read_lines()
    assert "session_of_another_visitor" in {line["event"] for line in lines}
    assert foreign[0] not in str(lines)


@pytest.mark.parametrize(("path", "number"), [(ADD, 1), (ADD, 2), (CHECKOUT, 1)])
def test_a_session_that_the_shop_gives_a_new_id_stays_the_same_session(
    tmp_path: Path, path: str, number: int
) -> None:
    renewed: list[str] = []

    def renew(response: Response) -> None:
        g.visit.regenerate_session_id()
        g.visit.save_session()
        renewed.append(g.visit.session.id)
        response.headers.add("Set-Cookie", f"PHPSESSID={renewed[0]}; path=/")

    with open_service(tmp_path, path, number, renew) as (app, _, _):
        answer = Poq(app.test_client()).transfer_bag(*BAG)
        assert answer.status_code == 200, answer.text
        entered = use_link(app.test_client(), get_link_path(answer))
        assert open_checkout(entered) == dict(BAG)
        if path == CHECKOUT:
            assert get_session_id(entered) == renewed[0]


def test_a_cookie_that_ends_the_session_gets_no_link(tmp_path: Path) -> None:
    def end(response: Response) -> None:
        response.headers.add("Set-Cookie", "PHPSESSID=deleted; path=/")

    with open_service(tmp_path, CHECKOUT, 1, end) as (app, _, _):
        read_problem(Poq(app.test_client()).transfer_bag(*BAG), 503, "shop_unavailable")
    assert read_handoffs(tmp_path) == []


def test_a_cached_checkout_page_of_another_visitor_gets_no_link(tmp_path: Path) -> None:
    pages: list[bytes] = []

    def replace_page(response: Response) -> None:
        response.set_data(pages[0])

    with open_service(tmp_path, CHECKOUT, 1, replace_page) as (app, url, state):
        cookies = {"PHPSESSID": fill_cart(url, state, BAG)}
        pages.append(requests.get(f"{url}{CHECKOUT}", cookies=cookies, timeout=10).content)
        read_problem(Poq(app.test_client()).transfer_bag(*BAG), 503, "shop_unavailable")
    assert read_handoffs(tmp_path) == []
