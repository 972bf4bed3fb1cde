"""Tokens, logins and the account page."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from handoff_sandbox import create_shop
from handoff_sandbox.access_tokens import ADMIN, CUSTOMER, TokenUser
from handoff_sandbox.shop import SandboxShop

from tests.sandbox.conftest import URL
from tests.sandbox.replay import FakeClock
from tests.sandbox.scriptless_browser import ScriptlessBrowser, get_link_path

LOGIN = {"username": "shopper@example.com", "password": "Shopper123!"}


def shop_at(clock: FakeClock, folder: Path) -> Flask:
    return create_shop(url=URL, session_path=folder, clock=clock)


def token(client: FlaskClient, **changes: str) -> tuple[int, str]:
    answer = client.post("/rest/V1/integration/customer/token", json=LOGIN | changes)
    return answer.status_code, answer.get_json()


def mine(client: FlaskClient, bearer: str) -> int:
    headers = {"Authorization": f"Bearer {bearer}"}
    return client.post("/rest/V1/carts/mine", headers=headers).status_code


def test_after_several_wrong_passwords_the_right_one_is_refused_for_half_an_hour(
    session_path: Path,
) -> None:
    clock = FakeClock(1_800_000_000)
    client = shop_at(clock, session_path).test_client()
    for _ in range(6):
        assert token(client, password="wrong")[0] == 401
    assert token(client)[0] == 401
    clock.now += 1801
    assert token(client)[0] == 200


def test_a_token_lasts_an_hour(session_path: Path) -> None:
    clock = FakeClock(1_800_000_000)
    client = shop_at(clock, session_path).test_client()
    bearer = token(client)[1]
    clock.now += 3599
    assert mine(client, bearer) == 200
    clock.now += 1
    assert mine(client, bearer) == 401


def test_a_changed_or_revoked_token_is_refused(client: FlaskClient) -> None:
    bearer = token(client)[1]
    assert mine(client, bearer[:-2]) == 401
    assert mine(client, "e30.e30.e30") == 401
    assert mine(client, bearer) == 200
    headers = {"Authorization": f"Bearer {bearer}"}
    client.post("/rest/V1/integration/customer/revoke-customer-token", headers=headers)
    assert mine(client, bearer) == 401


def test_a_token_of_another_shop_is_refused(client: FlaskClient, tmp_path: Path) -> None:
    other = create_shop(url=URL, session_path=tmp_path / "other").test_client()
    assert mine(client, token(other)[1]) == 401


def test_the_account_page_needs_a_login(browser: ScriptlessBrowser) -> None:
    assert get_link_path(browser.get("/customer/account/")) == "/customer/account/login/"
    browser.log_in("shopper@example.com")
    page = browser.get("/customer/account/").text
    assert "Sam Shopper" in page
    assert "shopper@example.com" in page


def test_a_login_changes_the_session_id_and_clears_the_scripts_cache(
    browser: ScriptlessBrowser,
) -> None:
    browser.get("/")
    browser.cookies["mage-cache-sessid"] = "true"
    before = browser.cookies["PHPSESSID"]
    browser.log_in("shopper@example.com")
    assert browser.cookies["PHPSESSID"] != before
    assert "mage-cache-sessid" not in browser.cookies
    assert "X-Magento-Vary" in browser.cookies


def test_the_customer_keeps_the_cart_after_logging_out(
    browser: ScriptlessBrowser, shop: SandboxShop
) -> None:
    browser.log_in("shopper@example.com")
    browser.cookies["form_key"] = "d" * 16
    browser.add(7)
    browser.get("/customer/account/logout/")
    assert "Sign in" in browser.get("/").text
    sam = shop.accounts.find_customer(TokenUser(1, CUSTOMER).id)
    assert sam is not None
    quote = shop.quotes.find_active_of(sam)
    assert quote is not None
    assert [line.product.sku for line in quote.lines] == ["ITEM-07"]


def test_the_cart_of_a_deleted_customer_keeps_its_masked_id_and_cannot_be_checked_out(
    browser: ScriptlessBrowser, shop: SandboxShop
) -> None:
    browser.log_in("shopper@example.com")
    browser.cookies["form_key"] = "c" * 16
    browser.add(1)
    masked_id = shop.quotes.ensure_masked_id(shop.quotes.by_number[1])
    headers = {"Authorization": f"Bearer {shop.tokens.issue(TokenUser(1, ADMIN))}"}
    assert browser.client.delete("/rest/V1/customers/1", headers=headers).get_json() is True
    shown = browser.client.get(f"/rest/V1/guest-carts/{masked_id}").get_json()
    assert (shown["is_active"], shown["customer_is_guest"]) == (True, False)
    assert shown["customer"] == {"email": None, "firstname": None, "lastname": None}
    assert get_link_path(browser.get("/checkout/")) == "/checkout/cart/"
