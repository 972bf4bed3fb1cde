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


def create_shop_with_clock(clock: FakeClock, folder: Path) -> Flask:
    return create_shop(url=URL, session_path=folder, clock=clock)


def request_token(client: FlaskClient, **changes: str) -> tuple[int, str]:
    answer = client.post("/rest/V1/integration/customer/token", json=LOGIN | changes)
    return answer.status_code, answer.get_json()


def try_to_create_own_cart(client: FlaskClient, bearer: str) -> int:
    """Create a cart for the owner of a token, and return the status."""
    headers = {"Authorization": f"Bearer {bearer}"}
    return client.post("/rest/V1/carts/mine", headers=headers).status_code


def test_after_several_wrong_passwords_the_right_one_is_refused_for_half_an_hour(
    session_path: Path,
) -> None:
    clock = FakeClock(1_800_000_000)
    client = create_shop_with_clock(clock, session_path).test_client()
    for _ in range(6):
        assert request_token(client, password="wrong")[0] == 401
    assert request_token(client)[0] == 401
    clock.now += 1801
    assert request_token(client)[0] == 200


def test_a_token_lasts_an_hour(session_path: Path) -> None:
    clock = FakeClock(1_800_000_000)
    client = create_shop_with_clock(clock, session_path).test_client()
    bearer = request_token(client)[1]
    clock.now += 3599
    assert try_to_create_own_cart(client, bearer) == 200
    clock.now += 1
    assert try_to_create_own_cart(client, bearer) == 401


def test_a_changed_or_revoked_token_is_refused(client: FlaskClient) -> None:
    bearer = request_token(client)[1]
    assert try_to_create_own_cart(client, bearer[:-2]) == 401
    assert try_to_create_own_cart(client, "e30.e30.e30") == 401
    assert try_to_create_own_cart(client, bearer) == 200
    headers = {"Authorization": f"Bearer {bearer}"}
    client.post("/rest/V1/integration/customer/revoke-customer-token", headers=headers)
    assert try_to_create_own_cart(client, bearer) == 401


def test_a_token_of_another_shop_is_refused(client: FlaskClient, tmp_path: Path) -> None:
    other = create_shop(url=URL, session_path=tmp_path / "other").test_client()
    assert try_to_create_own_cart(client, request_token(other)[1]) == 401


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
    quote = shop.quotes.find_active_of_customer(sam)
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


def change_password(client: FlaskClient, bearer: str, current: str, new: str) -> tuple[int, object]:
    answer = client.put(
        "/rest/V1/customers/me/password",
        json={"currentPassword": current, "newPassword": new},
        headers={"Authorization": f"Bearer {bearer}"},
    )
    return answer.status_code, answer.get_json()


def test_a_password_change_ends_the_sessions_of_older_logins(session_path: Path) -> None:
    clock = FakeClock(1_800_000_000)
    client = create_shop_with_clock(clock, session_path).test_client(use_cookies=False)
    older, newer = ScriptlessBrowser(client), ScriptlessBrowser(client)
    older.log_in("shopper@example.com")
    former_id = older.cookies["PHPSESSID"]
    bearer = request_token(client)[1]
    clock.now += 1
    assert change_password(client, bearer, "Shopper123!", "Shopper123!") == (200, True)
    clock.now += 1
    newer.log_in("shopper@example.com")
    answer = older.get("/customer/account/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://127.0.0.1/")
    assert [line.partition(";")[0] for line in answer.headers.getlist("Set-Cookie")] == [
        f"PHPSESSID={former_id}",
        "PHPSESSID=deleted",
    ]
    older.cookies["PHPSESSID"] = former_id
    assert get_link_path(older.get("/customer/account/")) == "/customer/account/login/"
    assert newer.get("/customer/account/").status_code == 200
    assert try_to_create_own_cart(client, bearer) == 200


def test_a_password_change_in_the_second_of_the_login_ends_nothing(session_path: Path) -> None:
    clock = FakeClock(1_800_000_000)
    client = create_shop_with_clock(clock, session_path).test_client(use_cookies=False)
    browser = ScriptlessBrowser(client)
    browser.log_in("shopper@example.com")
    assert change_password(client, request_token(client)[1], "Shopper123!", "Other456!")[0] == 200
    assert browser.get("/customer/account/").status_code == 200


def test_a_refused_password_change_ends_nothing(
    client: FlaskClient, browser: ScriptlessBrowser
) -> None:
    browser.log_in("shopper@example.com")
    bearer = request_token(client)[1]
    wrong = {
        "message": "The password doesn't match this account. Verify the password and try again."
    }
    assert change_password(client, bearer, "wrong", "Other456!") == (401, wrong)
    status, answer = change_password(client, bearer, "Shopper123!", "a")
    assert (status, answer) == (
        400,
        {
            "message": "The password needs at least %1 characters. "
            "Create a new password and try again.",
            "parameters": ["8"],
        },
    )
    assert request_token(client)[0] == 200
    assert browser.get("/customer/account/").status_code == 200


def test_a_guests_get_stores_no_visitor_and_a_post_does(
    browser: ScriptlessBrowser, shop: SandboxShop
) -> None:
    browser.get("/")
    assert shop.visitors.by_number == {}
    browser.add(1)
    browser.add(1)
    [visitor] = shop.visitors.by_number.values()
    assert visitor.customer_id is None
