"""A password change ends the customer's shop sessions, whenever it happens after the transfer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from flask.testing import FlaskClient

from handoff.shop_session.store import FileSessionStore, SessionStoreError
from tests.conftest import MakeApp, Poq, get_link_path, get_session_id, use_link
from tests.logs import CapturedLog
from tests.running_servers import RunningShop

CHANGE = {"currentPassword": "Shopper123!", "newPassword": "Shopper456!"}


@pytest.fixture
def token(shop: RunningShop) -> str:
    """Log the customer in. Visitors are stored as of five seconds ago: seconds are compared."""
    shop.state.visitors.clock = lambda: time.time() - 5
    return shop.log_in_customer()


def transfer(poq: Poq, shop: RunningShop, token: str) -> str:
    number = shop.fill_customer_quote(token, ("ITEM-01", 1))
    return get_link_path(poq.transfer({"quote_id": number, "token_id": token}))


@dataclass
class Browser:
    """A browser that has only the cookie of the shop session."""

    session_id: str

    def shows_checkout(self, shop: RunningShop) -> bool:
        """Load checkout; require a customer's checkout or the answer to an ended session."""
        page = requests.get(
            f"{shop.url}/checkout/",
            headers={"Accept": "text/html,*/*;q=0.8", "Cookie": f"PHPSESSID={self.session_id}"},
            allow_redirects=False,
            timeout=10,
        )
        if page.status_code == 302:
            assert page.headers["Location"] == "http://127.0.0.1/"
            return False
        assert '"isCustomerLoggedIn":true' in page.text.replace(" ", "")
        self.session_id = page.cookies["PHPSESSID"]
        return True


def enter(phone: FlaskClient, link: str) -> Browser:
    """Use the link, and return a browser with the session of the answer."""
    entered = use_link(phone, link)
    assert entered.status_code == 303
    return Browser(get_session_id(entered))


def change_password(shop: RunningShop, token: str) -> None:
    assert shop.call_rest("PUT", "customers/me/password", token=token, body=CHANGE) is True


def test_a_change_before_the_link_is_opened_ends_the_session(
    poq: Poq, phone: FlaskClient, shop: RunningShop, token: str
) -> None:
    link = transfer(poq, shop, token)
    change_password(shop, token)
    assert not enter(phone, link).shows_checkout(shop)


def test_a_change_between_opening_and_checkout_ends_the_session(
    poq: Poq, phone: FlaskClient, shop: RunningShop, token: str
) -> None:
    browser = enter(phone, transfer(poq, shop, token))
    change_password(shop, token)
    assert not browser.shows_checkout(shop)


def test_a_change_in_checkout_ends_the_session_and_the_one_before_its_id_changed(
    poq: Poq, phone: FlaskClient, shop: RunningShop, token: str
) -> None:
    browser = enter(phone, transfer(poq, shop, token))
    former = Browser(browser.session_id)
    assert browser.shows_checkout(shop)
    change_password(shop, token)
    assert not browser.shows_checkout(shop)
    assert not former.shows_checkout(shop)


def test_an_equal_transfer_after_the_change_gives_a_session_that_stays(
    poq: Poq, phone: FlaskClient, shop: RunningShop, token: str
) -> None:
    link = transfer(poq, shop, token)
    change_password(shop, token)
    shop.state.visitors.clock = lambda: time.time() + 5
    number = int(shop.call_rest("POST", "carts/mine", token=token))
    again = get_link_path(poq.transfer({"quote_id": number, "token_id": token}))
    assert again == link
    assert enter(phone, link).shows_checkout(shop)


def test_another_customers_change_ends_nothing(
    poq: Poq, phone: FlaskClient, shop: RunningShop, token: str
) -> None:
    browser = enter(phone, transfer(poq, shop, token))
    change_password(shop, shop.log_in_customer("other@example.com"))
    assert browser.shows_checkout(shop)


def test_a_transfer_leaves_one_visitor_for_a_customer_and_none_for_a_guest(
    poq: Poq, phone: FlaskClient, shop: RunningShop, token: str
) -> None:
    enter(phone, poq.request_link(("ITEM-01", 1)))
    assert shop.state.visitors.by_number == {}
    browser = enter(phone, transfer(poq, shop, token))
    assert browser.shows_checkout(shop)
    assert browser.shows_checkout(shop)
    [visitor] = shop.state.visitors.by_number.values()
    assert visitor.customer_id == 1


def test_without_a_preflight_a_change_after_the_first_page_ends_the_session(
    make_app: MakeApp, shop: RunningShop, token: str
) -> None:
    client = make_app(checkout_preflight="off").test_client()
    browser = enter(client, transfer(Poq(client), shop, token))
    assert browser.shows_checkout(shop)
    change_password(shop, token)
    assert not browser.shows_checkout(shop)


def test_a_session_that_may_not_be_read_is_logged_and_refuses_no_transfer(
    poq: Poq,
    phone: FlaskClient,
    shop: RunningShop,
    token: str,
    captured_log: CapturedLog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_store: FileSessionStore, _session_id: str) -> bytes:
        raise SessionStoreError("PermissionError")

    monkeypatch.setattr(FileSessionStore, "read", refuse)
    browser = enter(phone, transfer(poq, shop, token))
    [line] = captured_log.read_lines("shop_visitor_unknown")
    assert line["reason"] == "PermissionError"
    assert browser.shows_checkout(shop)
    change_password(shop, token)
    assert not browser.shows_checkout(shop)


def test_a_new_id_that_php_encodes_in_its_cookie_is_read(
    poq: Poq,
    phone: FlaskClient,
    shop: RunningShop,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With `session.sid_bits_per_character=6`, ids of PHP have commas: `%2C` in a cookie."""
    renewed_id = "a,new,id"
    monkeypatch.setattr("handoff_sandbox.storefront.visit.generate_session_id", lambda: renewed_id)
    link = transfer(poq, shop, token)
    assert not (shop.sessions / f"sess_{renewed_id}").exists()  # removed after the preflight
    browser = enter(phone, link)
    change_password(shop, token)
    assert not browser.shows_checkout(shop)


def test_a_missing_session_file_is_no_session(tmp_path: Path) -> None:
    assert FileSessionStore(str(tmp_path)).read("unknown") is None
