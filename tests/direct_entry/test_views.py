"""`POST /enter`: a web view brings a quote itself."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from handoff.ledger import HandoffRepository, Leases
from handoff.problems import LedgerUnavailable
from handoff.settings.store_views import StoreView
from tests.conftest import STORE, MakeApp, Poq, TurnedClock, path_of
from tests.running import RunningShop

FORM = "application/x-www-form-urlencoded"
AWAY = "http://127.0.0.1:9"


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app(direct_entry=True)


def enter(phone: FlaskClient, **form: str) -> TestResponse:
    """Post the form as an app's web view does, which comes from nowhere."""
    return phone.post("/enter", data=form)


def customers(shop: RunningShop, *lines: tuple[str, int]) -> dict[str, str]:
    """Return the form of a customer's quote with these lines."""
    token = shop.customer_token()
    number = shop.customer_quote(token, *(lines or (("ITEM-01", 1),)))
    return {"quote_id": str(number), "token_id": token}


def guests(shop: RunningShop, *lines: tuple[str, int]) -> dict[str, str]:
    """Return the form of a guest's quote with these lines."""
    return {"quote_id": shop.guest_quote(*(lines or (("ITEM-01", 1),)))}


def sessions_in(shop: RunningShop) -> list[bytes]:
    return [file.read_bytes() for file in sorted(shop.sessions.glob("sess_*"))]


def ledger_rows(folder: Path) -> list[dict[str, Any]]:
    with sqlite3.connect(folder / "handoff.db") as connection:
        connection.row_factory = sqlite3.Row
        rows = connection.execute("SELECT * FROM handoff ORDER BY issued_at, rowid")
        return [dict(row) for row in rows]


def ends(answer: TestResponse, status: int, title: str) -> None:
    """Require a page with this title, that lets nobody in and holds no form."""
    assert answer.status_code == status
    assert f"<h1>{title}</h1>" in answer.text
    assert "<form" not in answer.text
    assert "PHPSESSID" not in "".join(answer.headers.getlist("Set-Cookie"))


# Whether it is open


def test_it_is_closed_unless_it_is_asked_for(make_app: MakeApp, shop: RunningShop) -> None:
    phone = make_app().test_client()
    assert enter(phone, **guests(shop)).status_code == 404
    assert phone.get("/enter").status_code == 404
    assert sessions_in(shop) == []


def test_a_get_changes_nothing_and_repeats_nothing(
    phone: FlaskClient, shop: RunningShop, tmp_path: Path
) -> None:
    form = customers(shop)
    answer = phone.get("/enter", query_string=form)
    ends(answer, 405, "This link does not work")
    assert answer.headers["Allow"] == "OPTIONS, POST"
    for value in form.values():
        assert f'"{value}"' not in answer.text
        assert form["token_id"] not in answer.text
    assert ledger_rows(tmp_path) == []
    assert sessions_in(shop) == []


# Entering


def test_a_guest_is_let_in(phone: FlaskClient, shop: RunningShop, tmp_path: Path) -> None:
    entered = enter(phone, **guests(shop, ("ITEM-01", 2)))
    assert entered.status_code == 303
    assert entered.headers["Location"] == f"{shop.url}/checkout/"
    assert sessions_in(shop) == [b'checkout|a:1:{s:10:"quote_id_1";s:1:"1";}']
    [row] = ledger_rows(tmp_path)
    assert (row["kind"], row["reference"], row["quote_number"]) == ("guest", None, 1)
    assert row["used_at"] == row["session_written_at"] == row["issued_at"]


@pytest.mark.parametrize("name", ["token_id", "token"])
def test_a_customer_is_let_in_signed_in(
    name: str, phone: FlaskClient, shop: RunningShop, tmp_path: Path
) -> None:
    form = customers(shop)
    assert enter(phone, **{"quote_id": form["quote_id"], name: form["token_id"]}).status_code == 303
    [session] = sessions_in(shop)
    assert session.startswith(b'customer_base|a:2:{s:11:"customer_id";s:1:"1";')
    [row] = ledger_rows(tmp_path)
    assert (row["kind"], row["customer_id"]) == ("customer", 1)


def test_cookies_and_headers_are_those_of_the_entry(
    app: Flask, poq: Poq, shop: RunningShop
) -> None:
    def shapes(entered: TestResponse) -> set[str]:
        """Return the cookies and headers without what is random or a time."""
        lines = [f"{name}: {value}" for name, value in entered.headers]
        return {re.sub(r"=[\w-]{16,}|Expires=[^;]+|handoff_\w+", "…", line) for line in lines}

    by_link = app.test_client().post(poq.link())
    directly = enter(app.test_client(), **guests(shop))
    assert shapes(directly) == shapes(by_link)
    assert directly.headers["Cache-Control"] == "private, no-store"
    assert directly.headers["Referrer-Policy"] == "strict-origin"


def test_no_credential_is_in_the_ledger_or_the_answer(
    phone: FlaskClient, shop: RunningShop, tmp_path: Path
) -> None:
    guest, customer = guests(shop), customers(shop)
    answers = [enter(phone, **guest), enter(phone, **customer)]
    for secret in (guest["quote_id"], customer["token_id"]):
        for answer in answers:
            assert secret not in f"{answer.headers}{answer.text}"
        for file in tmp_path.glob("handoff.db*"):
            assert secret.encode() not in file.read_bytes()


def test_empty_fields_are_absent_and_unknown_ones_are_ignored(
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
    assert enter(phone, **guests(shop), **more).status_code == 303


# Coming again


def test_the_same_again_proves_it_anew_and_lets_in_again(
    phone: FlaskClient, shop: RunningShop, tmp_path: Path
) -> None:
    form = guests(shop)
    assert [enter(phone, **form).status_code for _ in range(9)] == [303] * 9
    assert len(set(sessions_in(shop))) == 1
    *older, current = ledger_rows(tmp_path)
    assert current["superseded_at"] is None
    assert all(row["superseded_at"] is not None for row in older)


def test_another_device_with_the_same_credentials_is_let_in_too(
    app: Flask, shop: RunningShop
) -> None:
    form = customers(shop)
    assert enter(app.test_client(), **form).status_code == 303
    assert enter(app.test_client(), **form).status_code == 303


def test_a_link_to_the_same_quote_is_spent_with_it(
    app: Flask, poq: Poq, phone: FlaskClient, shop: RunningShop
) -> None:
    form = guests(shop)
    link = path_of(poq.transfer(form))
    assert enter(phone, **form).status_code == 303
    assert app.test_client().post(link).status_code == 410


def test_a_handoff_that_an_equal_request_has_spent_is_made_anew(
    phone: FlaskClient, shop: RunningShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spend, calls = HandoffRepository.use_link, []

    def beaten_once(ledger: HandoffRepository, handoff_id: str, openers: list[str]) -> Any:
        calls.append(handoff_id)
        if len(calls) == 1:
            assert spend(ledger, handoff_id, ["somebody else's"]) is not None
        return spend(ledger, handoff_id, openers)

    monkeypatch.setattr(HandoffRepository, "use_link", beaten_once)
    assert enter(phone, **guests(shop)).status_code == 303
    assert [row["id"] for row in ledger_rows(tmp_path)] == calls
    assert len(set(calls)) == 2


def test_who_is_always_beaten_is_turned_away_in_words(
    phone: FlaskClient, shop: RunningShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    spend = HandoffRepository.use_link

    def beaten(ledger: HandoffRepository, handoff_id: str, _openers: list[str]) -> None:
        spend(ledger, handoff_id, ["somebody else's"])

    monkeypatch.setattr(HandoffRepository, "use_link", beaten)
    ends(enter(phone, **guests(shop)), 410, "This link has already been used")


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
def test_what_another_site_posts_is_refused_before_anything_is_looked_at(
    headers: dict[str, str], make_app: MakeApp, tmp_path: Path, shop: RunningShop
) -> None:
    app = make_app(direct_entry=True, magento_url=AWAY)
    form = customers(shop)
    answer = app.test_client().post("/enter", data=form, headers=headers)
    ends(answer, 403, "Checkout opens from the app")
    assert form["token_id"] not in answer.text
    assert ledger_rows(tmp_path) == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "none", "Origin": "null"},
        {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_an_apps_own_request_passes(
    headers: dict[str, str], phone: FlaskClient, shop: RunningShop
) -> None:
    assert phone.post("/enter", data=guests(shop), headers=headers).status_code == 303


# Endings


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
def test_a_form_that_cannot_be_read_is_answered_with_words(body: bytes, phone: FlaskClient) -> None:
    ends(phone.post("/enter", data=body, content_type=FORM), 400, "Checkout could not be opened")


@pytest.mark.parametrize("content_type", [None, "application/json", "multipart/form-data", "x"])
def test_only_a_form_is_read(
    content_type: str | None, phone: FlaskClient, shop: RunningShop
) -> None:
    body = f"quote_id={guests(shop)['quote_id']}"
    answer = phone.post("/enter", data=body, content_type=content_type)
    ends(answer, 400, "Checkout could not be opened")


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
def test_what_cannot_be_a_quotes_id_reaches_neither_ledger_nor_shop(
    form: dict[str, str], make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(direct_entry=True, magento_url=AWAY)

    def touched(*_args: Any, **_more: Any) -> None:
        raise AssertionError("the ledger was asked")

    monkeypatch.setattr(Leases, "acquire", touched)
    monkeypatch.setattr(HandoffRepository, "find", touched)
    ends(enter(app.test_client(), **form), 404, "This bag cannot be found")


def test_an_unknown_quote_and_somebody_elses_are_told_alike(
    phone: FlaskClient, shop: RunningShop
) -> None:
    ends(enter(phone, quote_id="x" * 32), 404, "This bag cannot be found")
    form = customers(shop)
    other = shop.customer_token("other@example.com")
    shop.customer_quote(other, ("ITEM-02", 1))
    answer = enter(phone, quote_id=form["quote_id"], token_id=other)
    ends(answer, 404, "This bag cannot be found")


def test_a_token_that_the_shop_does_not_know_means_signing_in_again(
    phone: FlaskClient, shop: RunningShop
) -> None:
    form = customers(shop) | {"token_id": "expired"}
    answer = enter(phone, **form)
    ends(answer, 403, "You have been signed out")
    assert "sign in again" in answer.text


def test_an_empty_quote_says_so(phone: FlaskClient, shop: RunningShop) -> None:
    ends(enter(phone, quote_id=shop.guest_quote()), 409, "Your bag is empty")


def test_an_ordered_quote_says_so_even_right_after_entering(
    phone: FlaskClient, shop: RunningShop
) -> None:
    form = guests(shop)
    assert enter(phone, **form).status_code == 303
    shop.order(f"guest-carts/{form['quote_id']}")
    ends(enter(phone, **form), 410, "Your order has been placed")


@pytest.mark.parametrize("may_read_orders", [True, False])
def test_of_a_customers_ordered_quote_the_words_say_what_is_known(
    may_read_orders: bool, make_app: MakeApp, shop: RunningShop
) -> None:
    access = {"magento_admin_username": "admin", "magento_admin_password": SecretStr("Admin123!")}
    app = make_app(direct_entry=True, **(access if may_read_orders else {}))
    phone, form = app.test_client(), customers(shop)
    assert enter(phone, **form).status_code == 303
    shop.order("carts/mine", token=form["token_id"])
    answer = enter(phone, **form)
    if may_read_orders:
        ends(answer, 410, "Your order has been placed")
    else:
        ends(answer, 404, "This bag cannot be found")
        assert "If you have placed your order, the shop has received it" in answer.text


def test_a_store_view_that_is_not_served_is_a_no(make_app: MakeApp, shop: RunningShop) -> None:
    store = StoreView(**{**STORE, "store_id": 9})
    phone = make_app(direct_entry=True, stores=(store,)).test_client()
    ends(enter(phone, **guests(shop)), 409, "This bag cannot go to checkout")


def test_while_the_shop_is_away_the_way_is_back_to_the_app(
    make_app: MakeApp, shop: RunningShop
) -> None:
    phone = make_app(direct_entry=True, magento_url=AWAY).test_client()
    answer = enter(phone, **guests(shop))
    ends(answer, 503, "The shop cannot be reached right now")
    assert "tap Checkout again in a moment" in answer.text
    assert int(answer.headers["Retry-After"]) > 0


def test_so_it_is_while_the_ledger_is_away(
    phone: FlaskClient, shop: RunningShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: Any) -> None:
        raise LedgerUnavailable

    monkeypatch.setattr(HandoffRepository, "use_link", away)
    ends(enter(phone, **guests(shop)), 503, "The shop cannot be reached right now")


def test_while_the_session_store_is_away_the_page_can_try_again_by_a_link(
    app: Flask, phone: FlaskClient, shop: RunningShop, clock: TurnedClock
) -> None:
    form, away = guests(shop), shop.sessions.with_name("away")
    shop.sessions.rename(away)
    answer = enter(phone, **form)
    assert answer.status_code == 503
    assert form["quote_id"] not in answer.text
    found = re.search('<form method="post" action="(/h/[^"]+)">', answer.text)
    assert found
    clock.turn(seconds=60)
    away.rename(shop.sessions)
    assert app.test_client().post(found[1]).status_code == 410
    assert phone.post(found[1]).status_code == 303


def test_a_fault_of_ours_has_words(
    phone: FlaskClient, shop: RunningShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HandoffRepository, "use_link", lambda *_args: 1 // 0)
    ends(enter(phone, **guests(shop)), 500, "Something went wrong")
