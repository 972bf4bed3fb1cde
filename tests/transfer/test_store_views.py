"""Transfers to a shop of two websites with two store views each, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from werkzeug.test import TestResponse

from handoff.ledger.database import Database, open_database
from handoff.settings import Settings, load_settings
from handoff.settings.store_view_models import StoreView
from tests.conftest import MakeApp, Poq
from tests.magento.faulty_shop import Call, faulty_shop
from tests.magento.shop_behaviours import forwards_to
from tests.running_servers import RunningShop, running_shop_of_stores
from tests.several_stores import CODES, TWO_TOWELS, create_settings_of_stores
from tests.transfer.test_views import read_errors, read_problem

BAG: dict[str, Any] = {"items": [{"sku": "ITEM-01", "quantity": 2}], "reference": "r-1"}
CURRENCIES = dict(zip(CODES, ("GBP", "EUR", "EUR", "GBP"), strict=True))


@pytest.fixture
def shared_accounts() -> bool:
    return False


@pytest.fixture
def shop(tmp_path: Path, shared_accounts: bool) -> Iterator[RunningShop]:
    sessions = tmp_path / "sessions"
    with running_shop_of_stores(sessions, shared_accounts=shared_accounts) as shop:
        yield shop


@pytest.fixture
def settings(shop: RunningShop, tmp_path: Path, shared_accounts: bool) -> Settings:
    accounts = "global" if shared_accounts else "website"
    return load_settings(**create_settings_of_stores(shop, tmp_path), customer_accounts=accounts)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = open_database(settings.database_url.get_secret_value())
    yield database
    database.close()


def read_newest_handoff(database: Database) -> dict[str, Any]:
    """Return what the ledger's newest row says of store, currency and customer."""
    with database.open_read_connection() as connection:
        row = connection.exec_driver_sql(
            "SELECT store_code, json_extract(bag, '$.currency'), customer_id FROM handoff "
            "ORDER BY rowid DESC LIMIT 1"
        ).one()
    return {"store_code": row[0], "currency": row[1], "customer": row[2]}


def read_store_and_currency(answer: TestResponse, database: Database) -> tuple[str, str]:
    assert answer.status_code == 200, answer.text
    row = read_newest_handoff(database)
    return row["store_code"], row["currency"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"currency": "GBP"}, "default"),
        ({"currency": "EUR"}, "base_eur"),
        ({"currency": "EUR", "store": "eu_de"}, "eu_de"),
        ({"currency": "GBP", "store": "eu_gb"}, "eu_gb"),
        ({"currency": "GBP", "store": "default"}, "default"),
    ],
    ids=str,
)
def test_a_bag_is_created_in_the_store_view_it_names_or_the_first_in_its_currency(
    poq: Poq, database: Database, asked: dict[str, str], expected: str
) -> None:
    answer = poq.transfer({**BAG, **asked})
    assert read_store_and_currency(answer, database) == (expected, asked["currency"])


def test_a_link_begins_with_the_address_of_the_service_on_the_stores_host(poq: Poq) -> None:
    here = poq.transfer({**BAG, "currency": "GBP"}).get_json()["url"]
    there = poq.transfer({**BAG, "currency": "EUR", "store": "eu_de"}).get_json()["url"]
    assert here.startswith("http://127.0.0.1:8000/h/")
    assert there.startswith("http://localhost:8000/h/")


def test_a_bag_in_a_store_that_does_not_sell_in_its_currency_is_refused(poq: Poq) -> None:
    answer = poq.transfer({**BAG, "currency": "EUR", "store": "eu_gb"})
    read_problem(answer, 422, "request_invalid")
    assert read_errors(answer) == {"/store": "conflict"}


@pytest.mark.parametrize("rest", [{**BAG, "currency": "GBP"}, {"quote_id": "x" * 32}])
def test_a_store_that_is_not_listed_is_refused(poq: Poq, rest: dict[str, Any]) -> None:
    answer = poq.transfer({**rest, "store": "elsewhere"})
    read_problem(answer, 422, "request_invalid")
    assert read_errors(answer) == {"/store": "unknown_store"}


def test_the_same_reference_in_another_store_view_gets_another_link(poq: Poq) -> None:
    bag = {**BAG, "currency": "EUR"}
    first = poq.transfer(bag).get_json()["url"]
    assert poq.transfer({**bag, "store": "base_eur"}).get_json()["url"] == first
    assert poq.transfer({**bag, "store": "eu_de"}).get_json()["url"] != first


@pytest.mark.parametrize("named", [False, True], ids=["not named", "named"])
@pytest.mark.parametrize("code", CODES)
def test_a_guests_quote_says_itself_which_store_it_belongs_to(
    poq: Poq, shop: RunningShop, database: Database, code: str, named: bool
) -> None:
    store = {"store": code} if named else {}
    quote_id = shop.create_guest_quote(*TWO_TOWELS, store=code)
    answer = poq.transfer({"quote_id": quote_id, **store})
    assert read_store_and_currency(answer, database) == (code, CURRENCIES[code])


@pytest.mark.parametrize("other", ["base_eur", "eu_de"])
def test_a_quote_of_another_store_than_the_one_named_differs(
    poq: Poq, shop: RunningShop, other: str
) -> None:
    quote_id = shop.create_guest_quote(*TWO_TOWELS, store="default")
    answer = poq.transfer({"quote_id": quote_id, "store": other})
    read_problem(answer, 422, "quote_differs")
    assert read_errors(answer) == {"/store": "store_differs"}


def test_a_quote_of_a_store_that_is_not_listed_is_not_served(
    make_app: MakeApp, settings: Settings, shop: RunningShop
) -> None:
    poq = Poq(make_app(stores=settings.stores[:1]).test_client())
    answer = poq.transfer({"quote_id": shop.create_guest_quote(*TWO_TOWELS, store="base_eur")})
    read_problem(answer, 422, "store_not_served")
    assert "store view 2" in answer.get_json()["detail"]


def test_a_store_view_with_another_id_in_the_shop_is_not_served(
    make_app: MakeApp, settings: Settings
) -> None:
    wrong = settings.stores[0].model_copy(update={"store_id": 7})
    poq = Poq(make_app(stores=(wrong, *settings.stores[1:])).test_client())
    answer = poq.transfer({**BAG, "currency": "GBP"})
    read_problem(answer, 422, "store_not_served")
    assert "default" in answer.get_json()["detail"]


@pytest.mark.parametrize(("code", "other"), [("default", "base_eur"), ("base_eur", "eu_de")])
@pytest.mark.parametrize("kind", ["guest", "customer"])
def test_a_quote_is_not_served_if_the_settings_exchange_two_store_ids(
    make_app: MakeApp, settings: Settings, shop: RunningShop, kind: str, code: str, other: str
) -> None:
    """Checkout would open in the other one, with the right total, and place the order there."""
    poq = Poq(make_app(stores=swap_store_numbers(settings, code, other)).test_client())
    asked: dict[str, Any] = {"quote_id": shop.create_guest_quote(*TWO_TOWELS, store=code)}
    if kind == "customer":
        token = shop.log_in_customer(CUSTOMERS[code], store=code)
        number = shop.fill_customer_quote(token, *TWO_TOWELS, store=code)
        asked = {"quote_id": number, "token_id": token}
    answer = poq.transfer(asked)
    read_problem(answer, 422, "store_not_served")
    assert other in answer.get_json()["detail"]


def swap_store_numbers(settings: Settings, code: str, other: str) -> tuple[StoreView, ...]:
    """Return the stores of the settings, two of them with each other's number."""
    numbers = {store.code: store.store_id for store in settings.stores}
    swapped = {code: numbers[other], other: numbers[code]}
    return tuple(
        store.model_copy(update={"store_id": swapped.get(store.code, store.store_id)})
        for store in settings.stores
    )


def test_a_quote_of_a_store_whose_code_the_shop_does_not_have_is_not_served(
    make_app: MakeApp, settings: Settings, shop: RunningShop
) -> None:
    misspelt = settings.stores[1].model_copy(update={"code": "base_eurr"})
    poq = Poq(make_app(stores=(settings.stores[0], misspelt)).test_client())
    answer = poq.transfer({"quote_id": shop.create_guest_quote(*TWO_TOWELS, store="base_eur")})
    read_problem(answer, 422, "store_not_served")
    assert "base_eurr" in answer.get_json()["detail"]


def test_the_id_of_a_store_view_is_verified_once(make_app: MakeApp, shop: RunningShop) -> None:
    with faulty_shop(forwards_to(shop.url)) as between:
        poq = Poq(make_app(magento_url=between.url, checkout_preflight="off").test_client())
        for _ in range(2):
            poq.transfer({"quote_id": shop.create_guest_quote(*TWO_TOWELS, store="eu_gb")})
    asked = [call.path.split("/V1/")[0] for call in between.calls]
    assert asked == ["/rest", "/rest/eu_gb", "/rest"]


def test_a_quote_in_a_foreign_currency_keeps_it(
    poq: Poq, shop: RunningShop, database: Database
) -> None:
    answer = poq.transfer({"quote_id": make_quote_in_euros(shop)})
    assert read_store_and_currency(answer, database) == ("default", "EUR")


def make_quote_in_euros(shop: RunningShop) -> str:
    """Make a guest's quote in euros in the store view of pounds, as GraphQL can."""
    query = """mutation($id: String!) {
      createEmptyCart(input: {cart_id: $id})
      addProductsToCart(cartId: $id, cartItems: [{sku: "ITEM-01", quantity: 2}]) {cart {id}}
    }"""
    masked_id = "foreign0foreign0foreign0foreign0"
    headers = {"Store": "default", "Content-Currency": "EUR"}
    body = {"query": query, "variables": {"id": masked_id}}
    requests.post(f"{shop.url}/graphql", json=body, headers=headers, timeout=10)
    return masked_id


CUSTOMERS = {
    "default": "shopper@example.com",
    "base_eur": "shopper@example.com",
    "eu_de": "euro@example.com",
    "eu_gb": "euro@example.com",
}


@pytest.mark.parametrize("shared_accounts", [False, True], ids=["by website", "shared"])
@pytest.mark.parametrize("hint", ["none", "currency", "store"])
@pytest.mark.parametrize("code", CODES)
def test_a_customers_quote_is_found_in_whichever_website_it_is(
    poq: Poq, shop: RunningShop, database: Database, code: str, hint: str, shared_accounts: bool
) -> None:
    token = shop.log_in_customer(CUSTOMERS[code], store=code)
    number = shop.fill_customer_quote(token, *TWO_TOWELS, store=code)
    hints = {"none": {}, "currency": {"currency": CURRENCIES[code]}, "store": {"store": code}}
    answer = poq.transfer({"quote_id": number, "token_id": token, **hints[hint]})
    assert read_store_and_currency(answer, database) == (code, CURRENCIES[code])
    assert read_newest_handoff(database)["customer"] == (
        1 if code in ("default", "base_eur") else 3
    )


@pytest.mark.parametrize("shared_accounts", [True])
def test_with_shared_accounts_each_of_a_customers_quotes_is_found(
    poq: Poq, shop: RunningShop, database: Database
) -> None:
    token = shop.log_in_customer()
    numbers = {
        code: shop.fill_customer_quote(token, *TWO_TOWELS, store=code)
        for code in ("base_eur", "eu_gb")
    }
    for code, number in numbers.items():
        answer = poq.transfer({"quote_id": number, "token_id": token})
        assert read_store_and_currency(answer, database) == (code, CURRENCIES[code])


@pytest.mark.parametrize("shared_accounts", [False, True], ids=["by website", "shared"])
def test_a_token_that_no_website_accepts_is_rejected(poq: Poq) -> None:
    answer = poq.transfer({"quote_id": "1", "token_id": "garbage"})
    read_problem(answer, 401, "customer_token_rejected")


@pytest.mark.parametrize("shared_accounts", [False, True], ids=["by website", "shared"])
@pytest.mark.parametrize("with_a_quote", [False, True])
def test_a_good_token_for_another_quote_is_not_rejected_but_not_found(
    poq: Poq, shop: RunningShop, with_a_quote: bool
) -> None:
    token = shop.log_in_customer("euro@example.com", store="eu_de")
    if with_a_quote:
        shop.fill_customer_quote(token, *TWO_TOWELS, store="eu_de")
    answer = poq.transfer({"quote_id": "4711", "token_id": token})
    read_problem(answer, 404, "quote_not_found")


def test_a_customers_quote_of_another_website_than_the_store_named_differs(
    poq: Poq, shop: RunningShop
) -> None:
    token = shop.log_in_customer("euro@example.com", store="eu_de")
    number = shop.fill_customer_quote(token, *TWO_TOWELS, store="eu_de")
    answer = poq.transfer({"quote_id": number, "token_id": token, "store": "default"})
    read_problem(answer, 422, "quote_differs")
    assert read_errors(answer) == {"/store": "store_differs"}


@pytest.mark.parametrize("hint", [{}, {"store": "eu_gb"}], ids=["not named", "named"])
def test_a_web_server_that_ties_its_host_to_one_website_hides_no_other(
    make_app: MakeApp, shop: RunningShop, database: Database, hint: dict[str, str]
) -> None:
    """Asked without a store view in the path, such a host answers for its website only."""
    stand_in = forwards_to(shop.url)

    def is_tied(call: Call) -> None:
        call.path = call.path.replace("?___store=eu_", "?___store=default&was=eu_")
        stand_in(call)

    token = shop.log_in_customer("euro@example.com", store="eu_gb")
    number = shop.fill_customer_quote(token, *TWO_TOWELS, store="eu_gb")
    with faulty_shop(is_tied) as tied:
        poq = Poq(make_app(magento_url=tied.url).test_client())
        answer = poq.transfer({"quote_id": number, "token_id": token, **hint})
    assert read_store_and_currency(answer, database) == ("eu_gb", "GBP")


def test_each_website_is_asked_once_for_a_customers_quote(
    make_app: MakeApp, shop: RunningShop, settings: Settings
) -> None:
    with faulty_shop(forwards_to(shop.url)) as between:
        poq = Poq(make_app(magento_url=between.url).test_client())
        poq.transfer({"quote_id": "1", "token_id": "garbage"})
    paths = [call.path for call in between.calls]
    assert paths == [
        "/rest/V1/carts/mine?___store=default",
        "/rest/default/V1/carts/mine",
        "/rest/V1/carts/mine?___store=eu_de",
        "/rest/eu_de/V1/carts/mine",
    ]


@pytest.mark.parametrize("code", CODES)
def test_the_preflight_leaves_a_quote_in_its_store_view_and_currency(
    poq: Poq, shop: RunningShop, code: str
) -> None:
    quote_id = shop.create_guest_quote(*TWO_TOWELS, store=code)
    before = shop.call_rest("GET", f"guest-carts/{quote_id}")
    assert poq.transfer({"quote_id": quote_id}).status_code == 200
    assert shop.call_rest("GET", f"guest-carts/{quote_id}") == before


def test_the_preflight_leaves_a_quote_in_its_foreign_currency(poq: Poq, shop: RunningShop) -> None:
    quote_id = make_quote_in_euros(shop)
    before = shop.call_rest("GET", f"guest-carts/{quote_id}")
    shop.state.rules.one_page_checkout = False
    read_problem(poq.transfer({"quote_id": quote_id}), 409, "checkout_off")
    shop.state.rules.one_page_checkout = True
    assert poq.transfer({"quote_id": quote_id}).status_code == 200
    assert shop.call_rest("GET", f"guest-carts/{quote_id}") == before


def test_account_sharing_that_differs_from_the_settings_is_refused(
    make_app: MakeApp, shop: RunningShop
) -> None:
    poq = Poq(make_app(customer_accounts="global").test_client())
    token = shop.log_in_customer()
    number = shop.fill_customer_quote(token, *TWO_TOWELS)
    read_problem(poq.transfer({"quote_id": number, "token_id": token}), 409, "checkout_refused")
