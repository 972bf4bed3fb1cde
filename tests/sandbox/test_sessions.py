from __future__ import annotations

import os
from pathlib import Path

import pytest
from handoff_sandbox.sessions import ForeignFileError, Session, SessionFiles, decode, encode
from handoff_sandbox.shop import Shop

from tests.sandbox.between import SAM, bound
from tests.sandbox.phone import Phone, path_of, quote_of

RECORDED = Path(__file__).parent / "sessions"


def write(folder: Path, content: str, name: str = "handwritten") -> str:
    (folder / f"sess_{name}").write_text(content)
    return name


@pytest.mark.parametrize("name", sorted(path.name for path in RECORDED.iterdir()))
def test_a_real_session_is_read_and_written_back_byte_by_byte(name: str) -> None:
    data = (RECORDED / name).read_bytes()
    assert encode(decode(data)) == data


def test_a_real_login_says_which_customer_and_quote() -> None:
    session = Session("s", decode((RECORDED / "customer-logged-in").read_bytes()))
    assert session.number("customer_base", "customer_id") == 1
    assert session.number("checkout", "quote_id_1") == 15


@pytest.mark.parametrize(
    ("name", "account", "customer"),
    [
        ("customer-of-second-website", "customer_eu", 3),
        ("customer-of-shared-accounts", "customer", 1),
        ("guest-of-second-website", "customer_eu", None),
    ],
)
def test_a_real_session_of_another_website_names_it_with_the_quote_and_the_login(
    name: str, account: str, customer: int | None
) -> None:
    session = Session("s", decode((RECORDED / name).read_bytes()))
    assert session.number(account, "customer_id") == customer
    assert session.number("checkout", "quote_id_2") is not None
    assert session.number("checkout", "quote_id_1") is None


def test_changing_one_value_keeps_the_others(session_path: Path) -> None:
    files = SessionFiles(session_path)
    before = Session("abc", decode((RECORDED / "customer-logged-in").read_bytes()))
    before.put("checkout", quote_id_1="27")
    files.save(before)
    after = files.start("abc")
    assert after.number("checkout", "quote_id_1") == 27
    assert after.text("checkout", "last_added_product_id") == "4"
    assert after.raw["message"] == before.raw["message"]


def test_objects_survive_a_change_beside_them() -> None:
    changed = Session("s", decode((RECORDED / "customer-logged-in").read_bytes()))
    before = changed.raw["message"].removeprefix(b"a:1:{").removesuffix(b"}")
    changed.put("message", note="read")
    assert changed.raw["message"] == b"a:2:{" + before + b's:4:"note";s:4:"read";}'


def test_session_files_are_for_the_shop_alone(session_path: Path) -> None:
    SessionFiles(session_path).save(Session("abc"))
    assert (session_path / "sess_abc").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in session_path.iterdir()] == ["sess_abc"]


@pytest.mark.parametrize(
    "content",
    [
        'checkout|a:1:{s:10:"quote_id_1";s:3:"27";}',
        'checkout|a:2:{s:10:"quote_id_1";s:2:"27";}',
        "checkout",
        "checkout|",
        "checkout|x:1;",
        'checkout|s:99999999999999999999:"a";',
        f"checkout|{'a:1:{i:0;' * 3000}i:1;{'}' * 3000}",
    ],
)
def test_what_php_cannot_read_is_an_empty_session(content: str) -> None:
    assert decode(content.encode()) == {}


@pytest.mark.parametrize("wanted", [None, "", "../etc", "a" * 257, "ä", "a b"])
def test_a_malformed_id_gets_a_new_session(session_path: Path, wanted: str | None) -> None:
    started = SessionFiles(session_path).start(wanted)
    assert started.id != wanted
    assert len(started.id) == 26


def test_a_file_of_another_user_is_refused(
    session_path: Path, monkeypatch: pytest.MonkeyPatch, phone: Phone
) -> None:
    phone.cookies["PHPSESSID"] = write(session_path, bound(1))
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(ForeignFileError):
        SessionFiles(session_path).start("handwritten")
    assert phone.get("/checkout/").status_code == 500


def test_a_quote_bound_from_outside_is_the_one_that_checkout_shows(
    session_path: Path, shop: Shop, phone: Phone
) -> None:
    quote = quote_of(shop, "ITEM-03")
    phone.cookies["PHPSESSID"] = write(session_path, bound(quote))
    assert "ITEM-03" in phone.get("/checkout/").text


def test_a_login_written_from_outside_is_that_customers(session_path: Path, phone: Phone) -> None:
    phone.cookies["PHPSESSID"] = write(session_path, SAM)
    assert "shopper@example.com" in phone.get("/customer/account/").text


@pytest.mark.parametrize("kind", ["unknown", "ordered", "a customer's"])
def test_a_quote_that_is_not_the_sessions_to_open_leads_to_the_cart(
    session_path: Path, shop: Shop, phone: Phone, kind: str
) -> None:
    quote = quote_of(shop, "ITEM-03")
    if kind == "ordered":
        quote.active = False
    if kind == "a customer's":
        quote.customer = shop.people.customer(1)
    number = 4711 if kind == "unknown" else quote.number
    phone.cookies["PHPSESSID"] = write(session_path, bound(number))
    answer = phone.get("/checkout/")
    assert (answer.status_code, path_of(answer)) == (302, "/checkout/cart/")
    assert "ITEM-03" not in phone.get("/checkout/cart/").text


def test_a_rest_call_leaves_no_file(session_path: Path, phone: Phone) -> None:
    answer = phone.client.post("/rest/V1/guest-carts")
    assert "PHPSESSID=" in answer.headers["Set-Cookie"]
    assert list(session_path.iterdir()) == []
