"""PHP session files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from handoff_sandbox.php_sessions import (
    ForeignFileError,
    PhpSession,
    PhpSessionFiles,
    decode_session,
    encode_session,
)
from handoff_sandbox.shop import SandboxShop

from tests.sandbox.recorded_preparations import SESSION_OF_SAM, encode_session_with_quote
from tests.sandbox.scriptless_browser import ScriptlessBrowser, create_quote, get_link_path

RECORDED = Path(__file__).parent / "sessions"


def write(folder: Path, content: str, name: str = "handwritten") -> str:
    (folder / f"sess_{name}").write_text(content)
    return name


@pytest.mark.parametrize("name", sorted(path.name for path in RECORDED.iterdir()))
def test_a_real_session_is_read_and_written_back_byte_by_byte(name: str) -> None:
    data = (RECORDED / name).read_bytes()
    assert encode_session(decode_session(data)) == data


def test_a_real_login_says_which_customer_and_quote() -> None:
    session = PhpSession("s", decode_session((RECORDED / "customer-logged-in").read_bytes()))
    assert session.get_number("customer_base", "customer_id") == 1
    assert session.get_number("checkout", "quote_id_1") == 15


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
    session = PhpSession("s", decode_session((RECORDED / name).read_bytes()))
    assert session.get_number(account, "customer_id") == customer
    assert session.get_number("checkout", "quote_id_2") is not None
    assert session.get_number("checkout", "quote_id_1") is None


def test_changing_one_value_keeps_the_others(session_path: Path) -> None:
    files = PhpSessionFiles(session_path)
    before = PhpSession("abc", decode_session((RECORDED / "customer-logged-in").read_bytes()))
    before.set_values("checkout", quote_id_1="27")
    files.save(before)
    after = files.start("abc")
    assert after.get_number("checkout", "quote_id_1") == 27
    assert after.get_text("checkout", "last_added_product_id") == "4"
    assert after.raw["message"] == before.raw["message"]


def test_serialized_objects_survive_a_change_of_another_value() -> None:
    changed = PhpSession("s", decode_session((RECORDED / "customer-logged-in").read_bytes()))
    before = changed.raw["message"].removeprefix(b"a:1:{").removesuffix(b"}")
    changed.set_values("message", note="read")
    assert changed.raw["message"] == b"a:2:{" + before + b's:4:"note";s:4:"read";}'


def test_only_the_shops_user_can_read_session_files(session_path: Path) -> None:
    PhpSessionFiles(session_path).save(PhpSession("abc"))
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
def test_an_unreadable_session_is_empty(content: str) -> None:
    assert decode_session(content.encode()) == {}


@pytest.mark.parametrize("wanted", [None, "", "../etc", "a" * 257, "ä", "a b"])
def test_a_malformed_id_gets_a_new_session(session_path: Path, wanted: str | None) -> None:
    started = PhpSessionFiles(session_path).start(wanted)
    assert started.id != wanted
    assert len(started.id) == 26


def test_a_session_ends_some_time_after_it_was_written(session_path: Path) -> None:
    files = PhpSessionFiles(session_path)
    files.save(PhpSession("s", {"kept": b"i:1;"}))
    written = (session_path / "sess_s").stat().st_mtime
    os.utime(session_path / "sess_s", (written, written - 300))
    assert files.start("s", lifetime=600).raw
    os.utime(session_path / "sess_s", (written, written - 600))
    assert files.start("s", lifetime=600).raw == {}
    assert files.start("s").raw


def test_a_file_of_another_user_is_refused(
    session_path: Path, monkeypatch: pytest.MonkeyPatch, browser: ScriptlessBrowser
) -> None:
    browser.cookies["PHPSESSID"] = write(session_path, encode_session_with_quote(1))
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(ForeignFileError):
        PhpSessionFiles(session_path).start("handwritten")
    assert browser.get("/checkout/").status_code == 500


def test_checkout_shows_a_quote_that_another_program_wrote_into_the_session(
    session_path: Path, shop: SandboxShop, browser: ScriptlessBrowser
) -> None:
    quote = create_quote(shop, "ITEM-03")
    browser.cookies["PHPSESSID"] = write(session_path, encode_session_with_quote(quote))
    assert "ITEM-03" in browser.get("/checkout/").text


def test_a_login_that_another_program_wrote_into_the_session_is_valid(
    session_path: Path, browser: ScriptlessBrowser
) -> None:
    browser.cookies["PHPSESSID"] = write(session_path, SESSION_OF_SAM)
    assert "shopper@example.com" in browser.get("/customer/account/").text


@pytest.mark.parametrize("kind", ["unknown", "ordered", "a customer's"])
def test_a_quote_that_the_session_may_not_open_redirects_to_the_cart(
    session_path: Path, shop: SandboxShop, browser: ScriptlessBrowser, kind: str
) -> None:
    quote = create_quote(shop, "ITEM-03")
    if kind == "ordered":
        quote.active = False
    if kind == "a customer's":
        quote.customer = shop.accounts.find_customer(1)
    number = 4711 if kind == "unknown" else quote.number
    browser.cookies["PHPSESSID"] = write(session_path, encode_session_with_quote(number))
    answer = browser.get("/checkout/")
    assert (answer.status_code, get_link_path(answer)) == (302, "/checkout/cart/")
    assert "ITEM-03" not in browser.get("/checkout/cart/").text


def test_a_rest_call_writes_no_session_file(session_path: Path, browser: ScriptlessBrowser) -> None:
    answer = browser.client.post("/rest/V1/guest-carts")
    assert "PHPSESSID=" in answer.headers["Set-Cookie"]
    assert list(session_path.iterdir()) == []
