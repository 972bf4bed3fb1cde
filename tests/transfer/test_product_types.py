"""Transfers of products of every type: variants, gifts, downloads, disabled products."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from handoff_sandbox.catalogue import Catalogue
from handoff_sandbox.full_catalogue import create_full_catalogue
from werkzeug.test import TestResponse

from tests.conftest import Poq, get_link_path, get_session_id, read_handoffs, use_link
from tests.running_servers import RunningShop, running_shop
from tests.transfer.test_views import read_errors, read_problem


@pytest.fixture
def catalogue() -> Catalogue:
    return create_full_catalogue()


@pytest.fixture
def shop(tmp_path: Path, catalogue: Catalogue) -> Iterator[RunningShop]:
    with running_shop(tmp_path / "sessions", catalogue) as shop:
        yield shop


def open_checkout(poq: Poq, transferred: TestResponse) -> str:
    """Enter by the link of a transfer, and return the page of checkout."""
    entered = use_link(poq.client, get_link_path(transferred))
    page = requests.get(
        entered.headers["Location"],
        headers={"Cookie": f"PHPSESSID={get_session_id(entered)}"},
        allow_redirects=False,
        timeout=10,
    )
    assert page.status_code == 200
    return page.text


def test_a_variant_is_shown_in_checkout_as_the_app_showed_it(poq: Poq) -> None:
    answer = poq.transfer_bag(("PC-CONF-S", 1), ("PC-CONF-L", 2))
    page = open_checkout(poq, answer)
    _, _, shown = page.rpartition("</script>")  # which tells the same to scripts
    assert shown.count("Jumper") == 2
    assert '<span class="options">Small</span>' in page
    assert '<span class="options">Large</span>' in page
    assert "£140.00" in page


def test_a_virtual_bag_has_a_checkout_without_shipping(poq: Poq) -> None:
    page = open_checkout(poq, poq.transfer_bag(("PC-VIRT", 2)))
    assert "Billing Address" in page
    assert "Shipping (" not in page


def test_a_gift_of_the_shop_is_accepted(poq: Poq, tmp_path: Path) -> None:
    page = open_checkout(poq, poq.transfer_bag(("PC-GIFTER", 1), ("PC-SAME", 1)))
    assert page.count("<tr data-sku=") == 4
    [row] = read_handoffs(tmp_path)
    assert row["bag"].count("PC-SAME") == 2


def test_a_quote_with_a_gift_is_the_bag_without_it(poq: Poq, shop: RunningShop) -> None:
    quote_id = shop.create_guest_quote(("PC-GIFTER", 1), ("PC-SAME", 2))
    items = [{"sku": "PC-GIFTER", "quantity": 1}, {"sku": "PC-SAME", "quantity": 2}]
    assert poq.transfer({"quote_id": quote_id, "items": items}).status_code == 200
    counted = [*items[:1], {"sku": "PC-SAME", "quantity": 3}, {"sku": "PC-GIFT", "quantity": 1}]
    assert poq.transfer({"quote_id": quote_id, "items": counted}).status_code == 200


def test_a_line_that_costs_something_is_foreign_although_a_gift_is_not(
    poq: Poq, shop: RunningShop
) -> None:
    quote_id = shop.create_guest_quote(("PC-GIFTER", 1), ("PC-GIFT", 1))
    items = [{"sku": "PC-GIFTER", "quantity": 1}]
    answer = poq.transfer({"quote_id": quote_id, "items": items})
    read_problem(answer, 422, "quote_differs")
    assert read_errors(answer) == {"PC-GIFT": "foreign_in_quote"}


def test_a_quote_may_hold_a_fraction(poq: Poq, shop: RunningShop, tmp_path: Path) -> None:
    quote_id = str(shop.call_rest("POST", "guest-carts"))
    item = {"cartItem": {"sku": "PC-DEC", "qty": 1.5}}
    shop.call_rest("POST", f"guest-carts/{quote_id}/items", body=item)
    assert poq.transfer({"quote_id": quote_id}).status_code == 200
    [row] = read_handoffs(tmp_path)
    assert '"quantity": "1.5"' in row["bag"]


def test_a_quote_that_lost_a_line_is_refused_until_the_app_has_seen_it(
    poq: Poq, shop: RunningShop, catalogue: Catalogue
) -> None:
    quote_id = shop.create_guest_quote(("PC-GONE", 1), ("ITEM-01", 1))
    assert poq.transfer({"quote_id": quote_id}).status_code == 200
    catalogue.disable("PC-GONE")
    answer = poq.transfer({"quote_id": quote_id})
    read_problem(answer, 422, "quote_differs")
    assert read_errors(answer) == {"/quote_id": "line_gone"}
    left = [{"sku": "ITEM-01", "quantity": 1}]
    assert poq.transfer({"quote_id": quote_id, "items": left}).status_code == 200


def test_a_bag_with_a_product_that_was_disabled_meanwhile_is_refused(
    poq: Poq, catalogue: Catalogue
) -> None:
    catalogue.disable("PC-GONE")
    answer = poq.transfer_bag(("ITEM-01", 1), ("PC-GONE", 1))
    read_problem(answer, 422, "lines_refused")
    assert read_errors(answer) == {"PC-GONE": "unavailable"}


def test_a_customer_buys_at_the_price_of_the_group(
    poq: Poq, shop: RunningShop, tmp_path: Path
) -> None:
    token = shop.log_in_customer("pc-wholesale@example.com")
    number = shop.fill_customer_quote(token, ("PC-TIER", 2))
    answer = poq.transfer({"quote_id": number, "token_id": token})
    assert "£12.00" in open_checkout(poq, answer)
    [row] = read_handoffs(tmp_path)
    assert row["customer_group_id"] == 2


@pytest.mark.parametrize(
    ("sku", "quantity", "code"),
    [
        ("PC-CONF", 1, "options_required"),
        ("PC-BUN", 1, "bundle_options_required"),
        ("PC-DL-REQ", 1, "links_required"),
        ("PC-GRP", 1, "grouped_product"),
        ("PC-NOWEB", 1, "not_sold_here"),
        ("PC-MIN", 2, "quantity_too_small"),
        ("PC-MAX", 9, "quantity_too_large"),
        ("PC-INC", 5, "quantity_step"),
    ],
)
def test_422_names_a_line_that_is_not_sold_in_this_way(
    poq: Poq, sku: str, quantity: int, code: str
) -> None:
    answer = poq.transfer_bag((sku, quantity))
    read_problem(answer, 422, "lines_refused")
    assert read_errors(answer) == {sku: code}
    [error] = answer.get_json()["errors"]
    assert error["detail"]
