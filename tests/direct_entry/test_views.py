"""`POST /enter`: a web view posts a quote itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from handoff.ledger.handoff_repository import HandoffRepository
from handoff.ledger.lease_locks import Leases
from handoff.problems import LedgerUnavailable
from handoff.settings.store_view_models import StoreView
from tests.conftest import STORE, FakeClock, MakeApp, Poq, get_link_path, read_handoffs, use_link
from tests.running_servers import RunningShop

FORM = "application/x-www-form-urlencoded"
AWAY = "http://127.0.0.1:9"
RIGHT_TO_READ_ORDERS = {
    "magento_admin_username": "admin",
    "magento_admin_password": SecretStr("Admin123!"),
}


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app(direct_entry=True)


def enter(phone: FlaskClient, **form: str) -> TestResponse:
    """Post the form as an app's web view does, without a referrer."""
    return phone.post("/enter", data=form)


def make_customer_form(shop: RunningShop, *lines: tuple[str, int]) -> dict[str, str]:
    """Return the form of a customer's quote with these lines."""
    token = shop.log_in_customer()
    number = shop.fill_customer_quote(token, *(lines or (("ITEM-01", 1),)))
    return {"quote_id": str(number), "token_id": token}


def make_guest_form(shop: RunningShop, *lines: tuple[str, int]) -> dict[str, str]:
    """Return the form of a guest's quote with these lines."""
    return {"quote_id": shop.create_guest_quote(*(lines or (("ITEM-01", 1),)))}


def read_sessions(shop: RunningShop) -> list[bytes]:
    return [file.read_bytes() for file in sorted(shop.sessions.glob("sess_*"))]


def assert_result_page(answer: TestResponse, status: int, title: str) -> None:
    """Require a page with this title, without a form and without a session cookie."""
    assert answer.status_code == status
    assert f"<h1>{title}</h1>" in answer.text
    assert "<form" not in answer.text
    assert "PHPSESSID" not in "".join(answer.headers.getlist("Set-Cookie"))


# On and off


def test_direct_entry_is_off_by_default(make_app: MakeApp, shop: RunningShop) -> None:
    phone = make_app().test_client()
    assert enter(phone, **make_guest_form(shop)).status_code == 404
    assert phone.get("/enter").status_code == 404
    assert read_sessions(shop) == []


def test_a_get_changes_nothing_and_echoes_nothing(
    phone: FlaskClient, shop: RunningShop, tmp_path: Path
) -> None:
    form = make_customer_form(shop)
    answer = phone.get("/enter", query_string=form)
    assert_result_page(answer, 405, "This link does not work")
    assert answer.headers["Allow"] == "OPTIONS, POST"
    for value in form.values():
        assert f'"{value}"' not in answer.text
        assert form["token_id"] not in answer.text
    assert read_handoffs(tmp_path) == []
    assert read_sessions(shop) == []


# Going to checkout


def test_a_guest_goes_to_checkout(phone: FlaskClient, shop: RunningShop, tmp_path: Path) -> None:
    entered = enter(phone, **make_guest_form(shop, ("ITEM-01", 2)))
    assert entered.status_code == 303
    assert entered.headers["Location"] == f"{shop.url}/checkout/"
    assert read_sessions(shop) == [b'checkout|a:1:{s:10:"quote_id_1";s:1:"1";}']
    [row] = read_handoffs(tmp_path)
    assert (row["kind"], row["reference"], row["quote_number"]) == ("guest", None, 1)
    assert row["used_at"] == row["session_written_at"] == row["issued_at"]


@pytest.mark.parametrize("name", ["token_id", "token"])
def test_a_customer_is_signed_in(
    name: str, phone: FlaskClient, shop: RunningShop, tmp_path: Path
) -> None:
    form = make_customer_form(shop)
    assert enter(phone, **{"quote_id": form["quote_id"], name: form["token_id"]}).status_code == 303
    [session] = read_sessions(shop)
    assert re.match(rb'customer_base\|a:\d:{s:11:"customer_id";s:1:"1";', session)
    [row] = read_handoffs(tmp_path)
    assert (row["kind"], row["customer_id"]) == ("customer", 1)


def test_cookies_and_headers_equal_those_of_a_link(app: Flask, poq: Poq, shop: RunningShop) -> None:
    def normalize(entered: TestResponse) -> set[str]:
        """Return the cookies and headers without random values and times."""
        headers = [header for header in entered.headers if header[0] != "X-Request-ID"]
        lines = [f"{name}: {value}" for name, value in headers]
        return {
            re.sub(r"=[\w-]{16,}(\.[\w-]+)?|Expires=[^;]+|handoff_\w+", "…", line) for line in lines
        }

    by_link = use_link(app.test_client(), poq.request_link())
    directly = enter(app.test_client(), **make_guest_form(shop))
    assert normalize(directly) == normalize(by_link)
    assert directly.headers["Cache-Control"] == "private, no-store"
    assert directly.headers["Referrer-Policy"] == "strict-origin"


def test_no_credential_is_in_the_ledger_or_the_response(
    phone: FlaskClient, shop: RunningShop, tmp_path: Path
) -> None:
    guest, customer = make_guest_form(shop), make_customer_form(shop)
    answers = [enter(phone, **guest), enter(phone, **customer)]
    for secret in (guest["quote_id"], customer["token_id"]):
        for answer in answers:
            assert secret not in f"{answer.headers}{answer.text}"
        for file in tmp_path.glob("handoff.db*"):
            assert secret.encode() not in file.read_bytes()


def test_empty_fields_count_as_absent_and_unknown_ones_are_ignored(
    phone: FlaskClient, shop: RunningShop
) -> None:
    more = {
        "token_id": "",
        "token": "",
        "items": "[]",
        "currency": "XXX",
        "reference": "",
        "a": "b",
    }
    assert enter(phone, **make_guest_form(shop), **more).status_code == 303


# Coming again


def test_posting_the_same_quote_again_opens_checkout_again(
    phone: FlaskClient, shop: RunningShop, tmp_path: Path
) -> None:
    form = make_guest_form(shop)
    assert [enter(phone, **form).status_code for _ in range(9)] == [303] * 9
    assert len(set(read_sessions(shop))) == 1
    *older, current = read_handoffs(tmp_path)
    assert current["superseded_at"] is None
    assert all(row["superseded_at"] is not None for row in older)


def test_another_device_with_the_same_credentials_goes_to_checkout(
    app: Flask, shop: RunningShop
) -> None:
    form = make_customer_form(shop)
    assert enter(app.test_client(), **form).status_code == 303
    assert enter(app.test_client(), **form).status_code == 303


def test_one_quote_cannot_be_entered_without_end(
    phone: FlaskClient, shop: RunningShop, tmp_path: Path
) -> None:
    guest = make_guest_form(shop)
    for number in range(15):
        spelt = {"quote_id": guest["quote_id"].upper() if number % 2 else guest["quote_id"]}
        answer = enter(phone, **spelt)
        assert answer.status_code == (303 if number < 10 else 429)
    assert_result_page(answer, 429, "Too many attempts")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert len(read_handoffs(tmp_path)) == len(read_sessions(shop)) == 10
    assert enter(phone, **make_guest_form(shop)).status_code == 303


def test_a_new_token_does_not_open_the_same_quote_more_often(
    phone: FlaskClient, shop: RunningShop
) -> None:
    form = make_customer_form(shop)
    answers = []
    for _ in range(12):
        form["token_id"] = shop.log_in_customer()
        answers.append(enter(phone, **form).status_code)
    assert answers == [303] * 10 + [429] * 2


def test_a_stranger_does_not_use_up_the_entries_of_a_customers_quote(
    make_app: MakeApp, shop: RunningShop
) -> None:
    phone = make_app(direct_entry=True, refusals_per_minute=0).test_client()
    form = make_customer_form(shop)
    for _ in range(15):
        enter(phone, quote_id=form["quote_id"], token_id="a-token-of-a-stranger")
    assert enter(phone, **form).status_code == 303


def test_a_link_to_the_same_quote_no_longer_works(
    app: Flask, poq: Poq, phone: FlaskClient, shop: RunningShop
) -> None:
    form = make_guest_form(shop)
    link = get_link_path(poq.transfer(form))
    assert enter(phone, **form).status_code == 303
    assert use_link(app.test_client(), link).status_code == 410


def test_a_request_that_lost_to_an_equal_one_tries_again(
    phone: FlaskClient, shop: RunningShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spend, calls = HandoffRepository.use_link, []

    def lose_once(ledger: HandoffRepository, handoff_id: str, openers: list[str]) -> Any:
        calls.append(handoff_id)
        if len(calls) == 1:
            assert spend(ledger, handoff_id, ["somebody else's"]) is not None
        return spend(ledger, handoff_id, openers)

    monkeypatch.setattr(HandoffRepository, "use_link", lose_once)
    assert enter(phone, **make_guest_form(shop)).status_code == 303
    assert [row["id"] for row in read_handoffs(tmp_path)] == calls
    assert len(set(calls)) == 2


def test_a_request_that_always_loses_gets_the_used_page(
    phone: FlaskClient, shop: RunningShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    spend = HandoffRepository.use_link

    def lose(ledger: HandoffRepository, handoff_id: str, _openers: list[str]) -> None:
        spend(ledger, handoff_id, ["somebody else's"])

    monkeypatch.setattr(HandoffRepository, "use_link", lose)
    assert_result_page(
        enter(phone, **make_guest_form(shop)), 410, "This link has already been used"
    )


# Forced on somebody


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:8000.evil.example"},
    ],
)
def test_a_form_posted_by_another_website_is_refused_unread(
    headers: dict[str, str], make_app: MakeApp, tmp_path: Path, shop: RunningShop
) -> None:
    app = make_app(direct_entry=True, magento_url=AWAY)
    form = make_customer_form(shop)
    answer = app.test_client().post("/enter", data=form, headers=headers)
    assert_result_page(answer, 403, "Checkout opens from the app")
    assert form["token_id"] not in answer.text
    assert read_handoffs(tmp_path) == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "none", "Origin": "null"},
        {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_a_request_of_an_app_is_accepted(
    headers: dict[str, str], phone: FlaskClient, shop: RunningShop
) -> None:
    assert phone.post("/enter", data=make_guest_form(shop), headers=headers).status_code == 303


# Result pages


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"quote_id",
        b"quote_id=",
        b"token_id=abc",
        b"quote_id=4&token_id=abc&quote_id=5",
        b"quote_id=4&token=abc&x=1&x=2",
        b"quote_id=4&token=abc&token_id=abd",
        b"quote_id=4&token_id=a%20b",
        b"quote_id=4&token_id=%ff",
        b"quote_id=4&token_id=\xff",
        b"quote_id=4&token_id=" + b"x" * 4097,
        b"quote_id=" + b"4" * 256,
        b"quote_id=4&token_id=abc&x=" + b"x" * 17_000,
        b"quote_id=4&token_id=abc&" + b"&".join(b"x%d=" % n for n in range(60)),
        b'{"quote_id": 4, "token_id": "abc"}',
    ],
)
def test_an_invalid_form_gets_a_page(body: bytes, phone: FlaskClient) -> None:
    assert_result_page(
        phone.post("/enter", data=body, content_type=FORM), 400, "Checkout could not be opened"
    )


@pytest.mark.parametrize("content_type", [None, "application/json", "multipart/form-data", "x"])
def test_only_form_encoding_is_accepted(
    content_type: str | None, phone: FlaskClient, shop: RunningShop
) -> None:
    body = f"quote_id={make_guest_form(shop)['quote_id']}"
    answer = phone.post("/enter", data=body, content_type=content_type)
    assert_result_page(answer, 400, "Checkout could not be opened")


@pytest.mark.parametrize(
    "form",
    [
        {"quote_id": "4"},
        {"quote_id": "x" * 31},
        {"quote_id": "../../x"},
        {"quote_id": "x" * 32, "token_id": "abc"},
        {"quote_id": "04", "token_id": "abc"},
        {"quote_id": "٤", "token_id": "abc"},
    ],
)
def test_an_impossible_quote_id_reaches_neither_ledger_nor_shop(
    form: dict[str, str], make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(direct_entry=True, magento_url=AWAY)

    def touched(*_args: Any, **_more: Any) -> None:
        raise AssertionError("the ledger was read")

    monkeypatch.setattr(Leases, "acquire", touched)
    monkeypatch.setattr(HandoffRepository, "find", touched)
    assert_result_page(enter(app.test_client(), **form), 404, "This bag cannot be found")


def test_an_unknown_quote_and_somebody_elses_get_the_same_page(
    phone: FlaskClient, shop: RunningShop
) -> None:
    assert_result_page(enter(phone, quote_id="x" * 32), 404, "This bag cannot be found")
    form = make_customer_form(shop)
    other = shop.log_in_customer("other@example.com")
    shop.fill_customer_quote(other, ("ITEM-02", 1))
    answer = enter(phone, quote_id=form["quote_id"], token_id=other)
    assert_result_page(answer, 404, "This bag cannot be found")


def test_a_rejected_token_gets_the_page_to_sign_in_again(
    phone: FlaskClient, shop: RunningShop
) -> None:
    form = make_customer_form(shop) | {"token_id": "expired"}
    answer = enter(phone, **form)
    assert_result_page(answer, 403, "You have been signed out")
    assert "sign in again" in answer.text


def test_an_empty_quote_shows_its_page(phone: FlaskClient, shop: RunningShop) -> None:
    assert_result_page(enter(phone, quote_id=shop.create_guest_quote()), 409, "Your bag is empty")


def test_a_quote_ordered_after_entering_shows_the_order_page(
    phone: FlaskClient, shop: RunningShop
) -> None:
    form = make_guest_form(shop)
    assert enter(phone, **form).status_code == 303
    shop.place_order(f"guest-carts/{form['quote_id']}")
    assert_result_page(enter(phone, **form), 410, "Your order has been placed")


@pytest.mark.parametrize("kind", ["guest", "customer"])
def test_the_web_view_that_entered_sees_the_number_of_its_order_and_no_other_one_does(
    kind: str, make_app: MakeApp, shop: RunningShop
) -> None:
    app = make_app(direct_entry=True, **RIGHT_TO_READ_ORDERS)
    phone, other = app.test_client(), app.test_client()
    earlier = make_guest_form(shop)
    assert enter(phone, **earlier).status_code == enter(other, **earlier).status_code == 303
    form = make_guest_form(shop) if kind == "guest" else make_customer_form(shop)
    assert enter(phone, **form).status_code == 303
    if kind == "guest":
        shop.place_order(f"guest-carts/{form['quote_id']}")
    else:
        shop.place_order("carts/mine", token=form["token_id"])
    for web_view, has_number in ((phone, True), (other, False)):
        answer = enter(web_view, **form)
        assert_result_page(answer, 410, "Your order has been placed")
        assert ("Order number:" in answer.text, "000000001" in answer.text) == (has_number,) * 2


def test_without_the_ledger_the_page_of_an_order_has_no_number(
    make_app: MakeApp, shop: RunningShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = make_app(direct_entry=True, **RIGHT_TO_READ_ORDERS).test_client()
    form = make_guest_form(shop)
    assert enter(phone, **form).status_code == 303
    shop.place_order(f"guest-carts/{form['quote_id']}")

    def fail(*_arguments: Any) -> None:
        raise LedgerUnavailable("down")

    monkeypatch.setattr(HandoffRepository, "find", fail)
    answer = enter(phone, **form)
    assert_result_page(answer, 410, "Your order has been placed")
    assert "Order number:" not in answer.text


@pytest.mark.parametrize("may_read_orders", [True, False])
def test_a_customers_ordered_quote_shows_what_is_known(
    may_read_orders: bool, make_app: MakeApp, shop: RunningShop
) -> None:
    app = make_app(direct_entry=True, **(RIGHT_TO_READ_ORDERS if may_read_orders else {}))
    phone, form = app.test_client(), make_customer_form(shop)
    assert enter(phone, **form).status_code == 303
    shop.place_order("carts/mine", token=form["token_id"])
    answer = enter(phone, **form)
    if may_read_orders:
        assert_result_page(answer, 410, "Your order has been placed")
    else:
        assert_result_page(answer, 404, "This bag cannot be found")
        assert "If you have placed your order, the shop has received it" in answer.text


def test_a_quote_of_an_unlisted_store_view_is_refused(make_app: MakeApp, shop: RunningShop) -> None:
    store = StoreView(**{**STORE, "store_id": 9})
    phone = make_app(direct_entry=True, stores=(store,)).test_client()
    assert_result_page(enter(phone, **make_guest_form(shop)), 409, "This bag cannot go to checkout")


def test_while_the_shop_is_unavailable_the_page_leads_back_to_the_app(
    make_app: MakeApp, shop: RunningShop
) -> None:
    phone = make_app(direct_entry=True, magento_url=AWAY).test_client()
    answer = enter(phone, **make_guest_form(shop))
    assert_result_page(answer, 503, "The shop cannot be reached right now")
    assert "tap Checkout again in a moment" in answer.text
    assert int(answer.headers["Retry-After"]) > 0


def test_while_the_ledger_is_unavailable_the_page_leads_back_to_the_app(
    phone: FlaskClient, shop: RunningShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: Any) -> None:
        raise LedgerUnavailable

    monkeypatch.setattr(HandoffRepository, "use_link", away)
    assert_result_page(
        enter(phone, **make_guest_form(shop)), 503, "The shop cannot be reached right now"
    )


def test_while_the_session_store_is_unavailable_the_page_can_try_again(
    app: Flask, phone: FlaskClient, shop: RunningShop, clock: FakeClock
) -> None:
    form, away = make_guest_form(shop), shop.sessions.with_name("away")
    shop.sessions.rename(away)
    answer = enter(phone, **form)
    assert answer.status_code == 503
    assert form["quote_id"] not in answer.text
    found = re.search('<form method="post" action="(/h/[^"]+)">', answer.text)
    assert found
    clock.advance(seconds=60)
    away.rename(shop.sessions)
    assert app.test_client().post(found[1]).status_code == 410
    assert phone.post(found[1]).status_code == 303


def test_an_unexpected_error_shows_the_fault_page(
    phone: FlaskClient, shop: RunningShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HandoffRepository, "use_link", lambda *_args: 1 // 0)
    assert_result_page(enter(phone, **make_guest_form(shop)), 500, "Something went wrong")
