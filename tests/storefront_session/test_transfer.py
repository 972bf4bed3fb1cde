"""Transfers of bags whose session the shop's own pages make, up to checkout."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Request, Response
from flask.testing import FlaskClient
from handoff_sandbox.catalogue import Catalogue
from handoff_sandbox.magento_version import MagentoVersion

from handoff.app_factory import create_app
from handoff.settings import load_settings
from tests.conftest import MakeApp, Poq, create_settings, get_session_id, read_handoffs, use_link
from tests.doctor.modified_shop import (
    Modification,
    answer_before,
    answer_path,
    change_cookies,
    run_modified_shop,
)
from tests.logs import CapturedLog
from tests.operations.test_worker_metrics import read_samples
from tests.running_servers import MAGENTO_VERSIONS, RunningShop
from tests.storefront_session.conftest import STOREFRONT, STOREFRONT_TEXTS, open_checkout
from tests.transfer.test_views import read_errors, read_problem


@pytest.fixture(params=MAGENTO_VERSIONS)
def version(request: pytest.FixtureRequest) -> MagentoVersion:
    """Let each test run with the shop of each version."""
    return MagentoVersion(request.param)


BAGS = {
    "one line": {"ITEM-01": 2},
    "three lines": {"ITEM-01": 1, "ITEM-02": 3, "ITEM-03": 1},
    "ten lines": {f"ITEM-{n:02d}": n % 3 + 1 for n in range(1, 11)},
    "variants": {"PC-CONF-S": 1, "PC-CONF-L": 2, "ITEM-01": 1},
    "a hidden product": {"PC-HID": 2},
    "a virtual product": {"PC-VIRT": 1},
    "a free download": {"PC-DL-FREE": 1},
}


@pytest.mark.parametrize("bag", BAGS.values(), ids=BAGS)
def test_checkout_shows_exactly_the_bag(poq: Poq, phone: FlaskClient, bag: dict[str, int]) -> None:
    for reference in ("the products are looked up", "the products are known"):
        link = poq.request_link(*bag.items(), reference=reference)
        assert open_checkout(use_link(phone, link)) == bag


def test_variants_are_in_the_quote_with_their_options(
    poq: Poq, phone: FlaskClient, shop: RunningShop
) -> None:
    open_checkout(use_link(phone, poq.request_link(("PC-CONF-S", 1))))
    quote = list(shop.state.quotes.by_number.values())[-1]
    assert [(line.product.sku, line.sku) for line in quote.lines] == [("PC-CONF", "PC-CONF-S")]


def test_a_sku_in_another_spelling_is_the_same_product(poq: Poq, phone: FlaskClient) -> None:
    assert open_checkout(use_link(phone, poq.request_link(("item-01", 1)))) == {"ITEM-01": 1}


def test_gifts_of_the_shop_are_no_difference(poq: Poq, phone: FlaskClient) -> None:
    bag = {"PC-GIFTER": 1, "PC-SAME": 1}
    assert bag.keys() <= open_checkout(use_link(phone, poq.request_link(*bag.items()))).keys()


REFUSED = {
    "PC-NOWHERE": "unknown_sku",
    "ITEM-OOS": "unavailable",
    "ITEM-OFF": "unavailable",
    "ITEM-FEW": "quantity_unavailable",
    "PC-BUN-ONE": "bundle_options_required",
    "PC-NOWEB": "not_sold_here",
}


@pytest.mark.parametrize(("sku", "code"), REFUSED.items())
def test_refused_lines_have_the_codes_of_any_bag(
    poq: Poq, make_app: MakeApp, sku: str, code: str
) -> None:
    lines = (("ITEM-01", 1), (sku, 9))
    answer = poq.transfer_bag(*lines)
    read_problem(answer, 422, "lines_refused")
    assert read_errors(answer) == {sku: code}
    by_session_store = Poq(make_app().test_client()).transfer_bag(*lines, reference="r-2")
    assert read_errors(by_session_store) == {sku: code}


def test_a_product_that_was_sold_since_it_was_looked_up_is_refused_with_its_reason(
    poq: Poq, catalogue: Catalogue
) -> None:
    poq.request_link(("ITEM-FEW", 2))
    few = catalogue.find_by_sku("ITEM-FEW")
    assert few is not None
    few.stock = Decimal(0)
    assert read_errors(poq.transfer_bag(("ITEM-FEW", 2), reference="r-2")) == {
        "ITEM-FEW": "unavailable"
    }


def test_a_product_that_was_replaced_since_it_was_looked_up_is_found_anew(
    poq: Poq, phone: FlaskClient, catalogue: Catalogue
) -> None:
    poq.request_link(("ITEM-01", 2))
    old = catalogue.find_by_sku("ITEM-01")
    assert old is not None
    old.id = 1001
    link = poq.request_link(("ITEM-01", 2), reference="r-2")
    assert open_checkout(use_link(phone, link)) == {"ITEM-01": 2}


def test_what_checkout_refuses_has_the_code_of_the_preflight(poq: Poq, shop: RunningShop) -> None:
    poq.request_link(("ITEM-01", 2))
    rules = shop.state.rules
    for name, bad, good, code in (
        ("guest_checkout", False, True, "guest_checkout_off"),
        ("one_page_checkout", False, True, "checkout_off"),
        ("minimum", Decimal("22.01"), Decimal(0), "minimum_not_reached"),
    ):
        setattr(rules, name, bad)
        for sku in ("ITEM-01", "ITEM-02"):  # a known product, and one that is not
            read_problem(poq.transfer_bag((sku, 1), reference=code + sku), 409, code)
        setattr(rules, name, good)


def test_what_checkout_says_is_counted_as_a_preflight(make_app: MakeApp, shop: RunningShop) -> None:
    client = make_app(**STOREFRONT, metrics=True).test_client()
    Poq(client).request_link(("ITEM-01", 2))
    shop.state.rules.one_page_checkout = False
    read_problem(Poq(client).transfer_bag(("ITEM-02", 1), reference="r-2"), 409, "checkout_off")
    results = read_samples(client.get("/metrics").text, "handoff_checkout_preflights_total")
    assert results == {("accepted",): 1, ("checkout_off",): 1}


def test_a_bag_in_another_currency_than_its_store_views_is_refused(poq: Poq) -> None:
    items = [{"sku": "ITEM-01", "quantity": 1}]
    answer = poq.transfer({"items": items, "currency": "EUR", "reference": "r-1"})
    assert answer.status_code == 422


def test_quotes_and_customers_are_refused_without_a_call(
    poq: Poq, shop: RunningShop, make_app: MakeApp
) -> None:
    token = shop.log_in_customer()
    guests = shop.create_guest_quote(("ITEM-01", 1))
    theirs = shop.fill_customer_quote(token, ("ITEM-01", 1))
    closed = Poq(make_app(**STOREFRONT, magento_url="http://127.0.0.1:9").test_client())
    for body in ({"quote_id": guests}, {"quote_id": theirs, "token_id": token}):
        read_problem(poq.transfer(body), 409, "not_with_this_store")
        read_problem(closed.transfer(body), 409, "not_with_this_store")


def test_a_bag_of_too_many_lines_is_refused_without_a_call(make_app: MakeApp) -> None:
    closed = make_app(**STOREFRONT, magento_url="http://127.0.0.1:9", magento_timeout=5.0)
    poq = Poq(closed.test_client())
    assert read_problem(
        poq.transfer_bag(*((f"ITEM-{n}", 1) for n in range(11))), 422, "too_many_lines"
    )
    assert read_problem(
        poq.transfer_bag(*((f"ITEM-{n}", 1) for n in range(10))), 503, "shop_unavailable"
    )


# Links and web views


def test_the_web_view_may_reopen_the_link_and_no_other_one_may(
    poq: Poq, phone: FlaskClient, app: Flask
) -> None:
    link = poq.request_link(("ITEM-01", 1))
    first = use_link(phone, link)
    open_checkout(first)
    again = use_link(phone, link)
    assert get_session_id(again) == get_session_id(first)
    assert open_checkout(again) == {"ITEM-01": 1}
    assert use_link(app.test_client(), link).status_code == 410


def test_a_previous_shopper_is_displaced(poq: Poq, phone: FlaskClient, shop: RunningShop) -> None:
    former = shop.state.sessions.start(None)
    phone.set_cookie("PHPSESSID", former.id)
    entered = use_link(phone, poq.request_link(("ITEM-02", 1)))
    assert get_session_id(entered) != former.id
    assert open_checkout(entered) == {"ITEM-02": 1}


def test_a_newer_bag_supersedes_the_link(poq: Poq, phone: FlaskClient) -> None:
    old = poq.request_link(("ITEM-01", 1))
    new = poq.request_link(("ITEM-02", 1))
    assert use_link(phone, old).status_code == 410
    assert open_checkout(use_link(phone, new)) == {"ITEM-02": 1}


def test_the_order_of_the_quote_is_found(
    poq: Poq, phone: FlaskClient, shop: RunningShop, tmp_path: Path
) -> None:
    open_checkout(use_link(phone, poq.request_link(("ITEM-01", 1))))
    [row] = read_handoffs(tmp_path)
    quote = shop.state.quotes.by_number[row["quote_number"]]
    assert [line.sku for line in quote.lines] == ["ITEM-01"]


def test_the_session_is_made_as_a_browser_and_not_as_a_monitor(tmp_path: Path) -> None:
    agents: dict[str, set[str]] = {}

    def record(request: Request) -> None:
        agents.setdefault(request.path, set()).add(request.headers["User-Agent"])

    assert transfer_at(tmp_path, answer_before(record)).status_code == 200
    for path in ("/checkout/cart/add/", "/checkout/"):
        [agent] = agents[path]
        assert agent.startswith("Mozilla/5.0 (")
        assert "monitor" not in agent
    assert "monitor" in agents["/graphql"].pop()


# A shop that cannot do it


def transfer_at(tmp_path: Path, *modifications: Modification) -> Any:
    """Transfer a bag to a service at a modified shop."""
    with run_modified_shop(tmp_path / "sessions", *modifications) as (url, _):
        settings = create_settings(url, tmp_path / "sessions", tmp_path) | STOREFRONT_TEXTS
        app = create_app(load_settings(**settings))
        try:
            return Poq(app.test_client()).transfer_bag(("ITEM-01", 1))
        finally:
            app.extensions["handoff.objects"].database.close()


CHALLENGE = "<!doctype html><title>Just a moment...</title><script src=/cdn-cgi/challenge>"


@pytest.mark.parametrize("path", ["/checkout/cart/add/", "/checkout/"])
@pytest.mark.parametrize("status", [200, 403, 429, 503])
def test_a_challenge_for_robots_is_named_in_the_answer_and_in_the_log(
    tmp_path: Path,
    captured_log: CapturedLog,
    path: str,
    status: int,
) -> None:
    challenge = answer_path(path, CHALLENGE, status, Server="edge")
    body = read_problem(transfer_at(tmp_path, challenge), 503, "shop_unavailable")
    assert read_handoffs(tmp_path) == []
    assert str(status) in body["detail"]
    [line] = captured_log.read_lines("shop_answer_unusable")
    assert (line["status"], line["page"]) == (status, "challenge")
    assert "edge" in line["server"]


BROKEN = {
    "another checkout": answer_path("/checkout/", "<html>One page to pay on</html>"),
    "a wrong quote": answer_path(
        "/checkout/", f'<script>window.checkoutConfig={{"quoteData":{{"entity_id":"{"x" * 32}"}}}}'
    ),
    "another cookie": change_cookies("PHPSESSID=", "SHOPSESSION="),
    "a closed form": answer_path("/checkout/cart/add/", "", 302, Location="/checkout/cart/"),
    "a page for scripts": answer_path("/checkout/cart/add/", "<html>"),
}


@pytest.mark.parametrize("modification", BROKEN.values(), ids=BROKEN)
def test_a_shop_whose_pages_cannot_make_a_session_gets_no_link(
    tmp_path: Path, modification: Modification
) -> None:
    answer = transfer_at(tmp_path, modification)
    assert read_problem(answer, 503, "shop_unavailable")["detail"]
    assert read_handoffs(tmp_path) == []


def test_a_shop_in_maintenance_is_not_taken_for_a_protection(tmp_path: Path) -> None:
    page = answer_path("/checkout/cart/add/", "<h1>Service Temporarily Unavailable</h1>", 503)
    body = read_problem(transfer_at(tmp_path, page), 503, "shop_unavailable")
    assert "robots" not in body["detail"]


def test_an_error_page_instead_of_checkout_has_its_code(tmp_path: Path) -> None:
    error = answer_path("/checkout/", "<html>Error</html>", 500)
    read_problem(transfer_at(tmp_path, error), 503, "checkout_unavailable")


def test_shops_that_show_the_cart_after_each_product_work_too(tmp_path: Path) -> None:
    def modify(app: Flask) -> None:
        @app.after_request
        def _show_cart(response: Response) -> Response:
            if response.get_data() == b"[]\n":
                response.set_data(json.dumps({"backUrl": "http://shop.example/checkout/cart/"}))
            return response

    assert transfer_at(tmp_path, modify).status_code == 200


def test_lines_that_the_form_drops_without_a_word_are_a_difference(tmp_path: Path) -> None:
    added: list[Request] = []

    def drop(request: Request) -> Response | None:
        if request.path != "/checkout/cart/add/":
            return None
        added.append(request)
        return Response("[]", content_type="application/json") if len(added) == 2 else None

    with run_modified_shop(tmp_path / "sessions", answer_before(drop)) as (url, _):
        settings = create_settings(url, tmp_path / "sessions", tmp_path) | STOREFRONT_TEXTS
        app = create_app(load_settings(**settings))
        answer = Poq(app.test_client()).transfer_bag(("ITEM-01", 1), ("ITEM-02", 1))
        app.extensions["handoff.objects"].database.close()
    read_problem(answer, 422, "quote_differs")
    assert read_errors(answer).keys() == {"ITEM-02"}
