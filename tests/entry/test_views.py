"""The entry page, using a link, and the result pages."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr

from handoff.ledger.handoff_repository import HandoffRepository
from handoff.resource_folders import find_resource_folder
from handoff.settings.store_view_models import StoreView
from handoff.support_code import build_support_code
from tests.conftest import STORE, FakeClock, MakeApp, Poq, get_link_path, read_handoffs, use_link
from tests.logs import CapturedLog
from tests.running_servers import RunningShop

CHECKOUT = "/checkout/"


def read_sessions(shop: RunningShop) -> dict[str, bytes]:
    files = shop.sessions.glob("sess_*")
    return {file.name.removeprefix("sess_"): file.read_bytes() for file in files}


def read_support_code(page: str) -> str:
    [code] = re.findall(r'<b dir="ltr" aria-hidden="true">([^<]+)</b>', page)
    return str(code)


def list_set_cookies(answer: Any) -> list[str]:
    return list(answer.headers.getlist("Set-Cookie"))


# The entry page


def test_the_entry_page_posts_itself(poq: Poq, phone: FlaskClient) -> None:
    link = poq.request_link(("ITEM-01", 2), ("ITEM-02", 1))
    page = phone.get(link)
    assert page.status_code == 200
    form = f'<form method="post" action="{link}" data-post="now" id="checkout" hidden></form>'
    assert form in page.text
    assert "There are 3 items in your bag." in page.text
    assert '<button type="submit" form="checkout" autofocus>' in page.text


def test_opening_the_entry_page_changes_nothing(
    poq: Poq, phone: FlaskClient, app: Flask, tmp_path: Path, shop: RunningShop
) -> None:
    link = poq.request_link()
    before, sessions = read_handoffs(tmp_path), read_sessions(shop)
    for _ in range(3):
        assert phone.get(link).status_code == 200
        assert app.test_client().get(link).status_code == 200
        head = app.test_client().head(link)
        assert (head.status_code, head.data) == (200, b"")
    assert read_handoffs(tmp_path) == before
    assert read_sessions(shop) == sessions
    assert phone.post(link).status_code == 303


def test_the_web_view_cookie_is_random_and_for_links_only(poq: Poq, app: Flask) -> None:
    link = poq.request_link()
    cookies = [list_set_cookies(app.test_client().get(link)) for _ in range(2)]
    values = set()
    for [cookie] in cookies:
        match = re.fullmatch(
            r"handoff_[0-9a-f]{12}_[0-9a-f]{6}=([\w-]{22}); Max-Age=360; "
            r"HttpOnly; Path=/h; SameSite=Lax",
            cookie,
        )
        assert match, cookie
        values.add(match[1])
    assert len(values) == 2


def test_a_web_view_keeps_its_cookie(poq: Poq, phone: FlaskClient) -> None:
    link = poq.request_link()
    first, second = (list_set_cookies(phone.get(link)) for _ in range(2))
    assert len(first) == 1
    assert [c.split(";")[0] for c in second] == [c.split(";")[0] for c in first]


def test_the_ledger_holds_only_a_hash_of_the_web_view_cookie(
    poq: Poq, phone: FlaskClient, tmp_path: Path
) -> None:
    link = poq.request_link()
    value = list_set_cookies(phone.get(link))[0].split("=")[1].split(";")[0]
    phone.post(link)
    assert value.encode() not in (tmp_path / "handoff.db").read_bytes()


# Using a link


def test_using_a_guests_link_writes_a_session_with_the_quote(
    poq: Poq, phone: FlaskClient, shop: RunningShop
) -> None:
    link = poq.request_link()
    phone.get(link)
    entered = phone.post(link)
    assert entered.status_code == 303
    assert entered.headers["Location"] == f"{shop.url}{CHECKOUT}"
    [(session_id, data)] = read_sessions(shop).items()
    assert data == b'checkout|a:1:{s:10:"quote_id_1";s:1:"1";}'
    assert re.fullmatch(r"[0-9a-v]{26}", session_id)
    assert any(session_id in cookie for cookie in list_set_cookies(entered))


def test_a_customer_is_signed_in(poq: Poq, phone: FlaskClient, shop: RunningShop) -> None:
    token = shop.log_in_customer("other@example.com")
    number = shop.fill_customer_quote(token, ("ITEM-01", 1))
    use_link(phone, get_link_path(poq.transfer({"quote_id": number, "token": token})))
    [data] = read_sessions(shop).values()
    assert data == (
        b'customer_base|a:3:{s:11:"customer_id";s:1:"2";s:17:"customer_group_id";s:1:"1";'
        b's:21:"customer_tax_class_id";s:1:"3";}'
        b'default|a:1:{s:12:"visitor_data";a:2:{s:11:"customer_id";s:1:"2";'
        b's:10:"session_id";s:1:"-";}}'
        b'checkout|a:1:{s:10:"quote_id_1";s:1:"%d";}' % number
    )


def test_the_shops_cookies_displace_the_previous_shopper(
    poq: Poq, phone: FlaskClient, shop: RunningShop
) -> None:
    entered = use_link(phone, poq.request_link())
    [session_id] = read_sessions(shop)
    by_name: dict[str, list[str]] = {}
    for cookie in list_set_cookies(entered):
        by_name.setdefault(cookie.split("=")[0], []).append(cookie)
    *namesakes, session = by_name["PHPSESSID"]
    assert all("Max-Age=0" in namesake for namesake in namesakes)
    assert session == (
        f"PHPSESSID={session_id}; Domain=127.0.0.1; Max-Age=3600; HttpOnly; Path=/; SameSite=Lax"
    )
    assert by_name["mage-cache-sessid"] == ["mage-cache-sessid=; Max-Age=0; Path=/"]
    [version] = by_name["private_content_version"]
    assert re.fullmatch(
        r"private_content_version=[0-9a-f]{32}; Max-Age=315360000; Path=/; "
        r"SameSite=Lax",
        version,
    )
    for name in ("mage-messages", "X-Magento-Vary", "persistent_shopping_cart"):
        assert by_name[name] == [f"{name}=; Max-Age=0; Path=/"]


def read_sections(answer: Any) -> dict[str, int]:
    [cookie] = [c for c in list_set_cookies(answer) if c.startswith("section_data_ids=%7B")]
    assert cookie.endswith("; Path=/; SameSite=Lax")
    value = cookie.split("=", 1)[1].split(";")[0]
    loaded: dict[str, int] = json.loads(unquote(value))
    return loaded


def test_the_shops_scripts_load_cart_customer_and_countries_anew(
    poq: Poq, phone: FlaskClient
) -> None:
    assert set(read_sections(use_link(phone, poq.request_link()))) == {
        "cart",
        "customer",
        "directory-data",
    }


@pytest.mark.parametrize(
    ("sent", "more"),
    [
        ('{"wishlist": 5, "cart": 7}', {"wishlist"}),
        ('{"a;b": 5, "<x>": 7, "ok-1": 1}', {"ok-1"}),
        ("[1]", set()),
        ("not json", set()),
        ("[" * 1200, set()),
        (json.dumps(dict.fromkeys((f"s{n}" for n in range(90)), 1)), {f"s{n}" for n in range(27)}),
    ],
)
def test_other_sections_of_the_web_view_are_loaded_anew_too(
    poq: Poq, phone: FlaskClient, sent: str, more: set[str]
) -> None:
    phone.set_cookie("section_data_ids", quote(sent))
    assert set(read_sections(use_link(phone, poq.request_link()))) == {
        "cart",
        "customer",
        "directory-data",
        *more,
    }


def test_the_cookie_domain_of_the_settings_applies_to_script_cookies_too(
    make_app: MakeApp, shop: RunningShop
) -> None:
    app = make_app(
        public_url="http://handoff.shop.example",
        storefront_url="http://www.shop.example",
        session_cookie_domain=".shop.example",
    )
    entered = use_link(app.test_client(), Poq(app.test_client()).request_link())
    names: dict[str, list[str | None]] = {}
    for cookie in list_set_cookies(entered):
        domain = re.search("Domain=([^;]+)", cookie)
        names.setdefault(cookie.split("=")[0], []).append(domain[1] if domain else None)
    assert set(names["PHPSESSID"]) == {"shop.example"}
    assert set(names["mage-cache-sessid"]) == {None, "shop.example"}
    assert names["section_data_ids"] == [None, "shop.example"]
    assert names["private_content_version"] == [None]


@pytest.mark.parametrize(
    ("public_url", "cookie_domain", "expired"),
    [
        (
            "http://www.shop.example/handoff",
            "",
            {
                *((None, path) for path in ("/", "/checkout", "/checkout/")),
                *(("www.shop.example", path) for path in ("/checkout", "/checkout/")),
                *(("shop.example", path) for path in ("/", "/checkout", "/checkout/")),
            },
        ),
        (
            "http://handoff.shop.example",
            ".shop.example",
            {("shop.example", "/checkout"), ("shop.example", "/checkout/")},
        ),
    ],
    ids=["on the shop's host", "on a host beside it"],
)
def test_competing_session_cookies_expire_before_ours_is_set(
    public_url: str,
    cookie_domain: str,
    expired: set[tuple[str | None, str]],
    make_app: MakeApp,
) -> None:
    """PHP reads the one with the longest path, or the oldest, whoever has set it."""
    app = make_app(
        public_url=public_url,
        storefront_url="http://www.shop.example",
        session_cookie_domain=cookie_domain,
    )
    entered = use_link(app.test_client(), Poq(app.test_client()).request_link())
    *namesakes, ours = [c for c in list_set_cookies(entered) if c.startswith("PHPSESSID=")]
    assert "Max-Age=3600" in ours
    found = set()
    for cookie in namesakes:
        assert cookie.startswith("PHPSESSID=; ")
        assert "Max-Age=0" in cookie
        domain, path = (re.search(f"{name}=([^;]+)", cookie) for name in ("Domain", "Path"))
        assert path
        found.add((domain[1] if domain else None, path[1]))
    assert found == expired


def test_the_session_cookie_has_the_lifetime_of_the_shops_own(make_app: MakeApp) -> None:
    """In Magento, a lifetime of 0 means a cookie without an expiry."""
    app = make_app(session_cookie_lifetime=0)
    entered = use_link(app.test_client(), Poq(app.test_client()).request_link())
    *_, ours = [c for c in list_set_cookies(entered) if c.startswith("PHPSESSID=")]
    assert "Max-Age" not in ours
    assert "Expires" not in ours


def test_a_web_view_without_cookies_is_told_and_the_link_is_not_used(
    poq: Poq, app: Flask, tmp_path: Path, shop: RunningShop, clock: FakeClock
) -> None:
    link, before = poq.request_link(), read_handoffs(tmp_path)
    phone = app.test_client(use_cookies=False)
    for _ in range(2):
        phone.get(link)
        answer = phone.post(link)
        assert answer.status_code == 403
        assert "Checkout needs cookies" in answer.text
        assert f'<form method="get" action="{link}">' in answer.text
    page = {"shown_page": "cookies_blocked", "page_shown_at": clock.now}
    assert read_handoffs(tmp_path) == [{**row, **page} for row in before]
    assert read_sessions(shop) == {}


def test_a_web_view_that_begins_to_keep_cookies_can_try_again(poq: Poq, phone: FlaskClient) -> None:
    link = poq.request_link()
    assert [phone.post(link).status_code for _ in range(2)] == [403, 303]


def test_the_form_style_needs_no_cookie_before_its_first_post(poq: Poq, phone: FlaskClient) -> None:
    token = poq.request_link().removeprefix("/h/")
    entered = phone.post("/h", data={"token": token})
    assert entered.status_code == 303
    assert any(cookie.startswith("handoff_") for cookie in list_set_cookies(entered))
    assert phone.post("/h", data={"token": token}).status_code == 303
    assert phone.post("/h", data={}).status_code == 404
    assert phone.post("/h", data={"token": "x"}).status_code == 404


def test_a_double_tap_and_a_lost_answer_both_end_in_checkout(
    poq: Poq, phone: FlaskClient, shop: RunningShop
) -> None:
    link = poq.request_link()
    phone.get(link)
    first, second = phone.post(link), phone.post(link)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(set(read_sessions(shop).values())) == 1


def test_a_web_view_that_got_two_cookies_can_use_the_link(poq: Poq, app: Flask) -> None:
    """Both responses set a cookie before either page posts. The second must not void the first."""
    link = poq.request_link()
    pages = [app.test_client().get(link) for _ in range(2)]
    phone = app.test_client()
    for page in pages:
        name, value = list_set_cookies(page)[0].split(";")[0].split("=")
        phone.set_cookie(name, value, path="/h", domain="localhost")
    assert [phone.post(link).status_code for _ in range(2)] == [303, 303]


WWW = "https://www.shop.example"


@pytest.fixture
def www(make_app: MakeApp) -> Flask:
    """Return a service below a path of a shop on https."""
    return make_app(public_url=f"{WWW}/handoff", storefront_url=WWW)


@contextmanager
def send_cookies(client: FlaskClient, *cookies: tuple[str, str]) -> Iterator[None]:
    """Send more cookies than the client keeps, as another host of the domain can plant them."""
    for name, value in cookies:
        client.set_cookie(name, value, domain="www.shop.example")
    yield
    for name, _ in cookies:
        client.delete_cookie(name, domain="www.shop.example")


@pytest.mark.parametrize(
    "name",
    ["__Secure-handoff_{}_abcdef", "handoff_{}_abcdef", "abcdef", "\u2000__Host-handoff_{}_abcdef"],
)
@pytest.mark.parametrize("form_style", [False, True])
def test_a_cookie_from_another_host_of_the_domain_lets_no_second_web_view_in(
    name: str, form_style: bool, www: Flask
) -> None:
    """Browsers accept any name but `__Host-…` from there. Both web views have the same value."""
    link = Poq(www.test_client()).request_link()
    token = link.rpartition("/")[2]
    planted = (name.format(hash_handoff_id(token)), "v" * 22)
    victim, attacker = www.test_client(), www.test_client()
    with send_cookies(victim, planted), send_cookies(attacker, planted):
        if form_style:
            form = {"token": token}
            entered = victim.post("/handoff/h", data=form, base_url=WWW)
        else:
            entered = use_link(victim, link, base_url=WWW)
        assert entered.status_code == 303
        assert attacker.get(link, base_url=WWW).status_code == 410
        assert attacker.post(link, base_url=WWW).status_code == 410
        assert victim.post(link, base_url=WWW).status_code == 303


def hash_handoff_id(token: str) -> str:
    """Return the part of a web view cookie's name that names the handoff."""
    return hashlib.sha256(token.partition(".")[0].encode()).hexdigest()[:12]


def test_a_web_view_with_the_cookie_of_an_earlier_version_is_accepted(www: Flask) -> None:
    """Its page was opened before the upgrade, and it posts afterwards."""
    link = Poq(www.test_client()).request_link()
    former = (f"__Secure-handoff_{hash_handoff_id(link.rpartition('/')[2])}_abcdef", "v" * 22)
    phone = www.test_client()
    with send_cookies(phone, former):
        entered = phone.post(link, base_url=WWW)
    assert entered.status_code == 303
    assert any(cookie.startswith("__Host-handoff_") for cookie in list_set_cookies(entered))
    assert phone.post(link, base_url=WWW).status_code == 303


def test_a_web_view_that_used_its_link_before_the_upgrade_may_come_back(
    www: Flask, tmp_path: Path
) -> None:
    link, phone = Poq(www.test_client()).request_link(), www.test_client()
    former = (f"__Secure-handoff_{hash_handoff_id(link.rpartition('/')[2])}_abcdef", "v" * 22)
    assert use_link(phone, link, base_url=WWW).status_code == 303
    with sqlite3.connect(tmp_path / "handoff.db") as connection:
        used_hash = hashlib.sha256(former[1].encode()).hexdigest()
        connection.execute("UPDATE handoff SET web_view_hash = ?", (used_hash,))
    returning = www.test_client()
    with send_cookies(returning, former):
        assert returning.post(link, base_url=WWW).status_code == 303
        assert use_link(returning, link, base_url=WWW).status_code == 303
    assert use_link(phone, link, base_url=WWW).status_code == 410


def test_a_post_does_not_read_the_handoff_before_it_uses_the_link(
    poq: Poq, phone: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = poq.request_link()
    phone.get(link)
    monkeypatch.setattr(HandoffRepository, "find", lambda *_args: pytest.fail("it is read"))
    assert phone.post(link).status_code == 303


def test_the_web_view_may_reopen_five_times_within_the_grace(poq: Poq, phone: FlaskClient) -> None:
    link = poq.request_link()
    answers = [use_link(phone, link).status_code for _ in range(7)]
    assert answers == [303, 303, 303, 303, 303, 303, 410]


def test_the_web_view_may_reload_the_page_within_the_grace(
    poq: Poq, phone: FlaskClient, clock: FakeClock
) -> None:
    link = poq.request_link()
    use_link(phone, link)
    clock.advance(seconds=59)
    assert phone.get(link).status_code == 200
    clock.advance(seconds=2)
    assert phone.get(link).status_code == 410
    assert phone.post(link).status_code == 410


def test_reopening_does_not_extend_the_grace(
    poq: Poq, phone: FlaskClient, clock: FakeClock
) -> None:
    link = poq.request_link()
    assert use_link(phone, link).status_code == 303
    clock.advance(seconds=50)
    assert phone.post(link).status_code == 303
    clock.advance(seconds=11)
    assert phone.post(link).status_code == 410


@pytest.mark.parametrize("looked_before", [True, False])
def test_no_other_web_view_may_reopen_within_the_grace(
    poq: Poq, phone: FlaskClient, app: Flask, looked_before: bool
) -> None:
    link, other = poq.request_link(), app.test_client()
    if looked_before:
        other.get(link)
    assert use_link(phone, link).status_code == 303
    for answer in (other.post(link), other.get(link)):
        assert answer.status_code == 410
        assert "This link has already been used" in answer.text
        assert not list_set_cookies(answer)


# Links from other websites


def test_a_navigation_from_another_website_gets_a_page_that_asks_first(
    poq: Poq, phone: FlaskClient, shop: RunningShop
) -> None:
    token = shop.log_in_customer()
    number = shop.fill_customer_quote(token, ("ITEM-01", 1))
    customers = get_link_path(poq.transfer({"quote_id": number, "token": token}))
    for link, signs_in in ((poq.request_link(), False), (customers, True)):
        page = phone.get(link, headers={"Sec-Fetch-Site": "cross-site"})
        assert page.status_code == 200
        assert "data-post" not in page.text
        assert "Go to checkout at 127.0.0.1?" in page.text
        assert ("signs you in" in page.text) == signs_in
        assert use_link(phone, link).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:8000.evil.example"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "https://127.0.0.1:8000"},
    ],
)
def test_a_post_from_another_website_does_not_use_the_link(
    poq: Poq, phone: FlaskClient, tmp_path: Path, shop: RunningShop, headers: dict[str, str]
) -> None:
    link = poq.request_link()
    before = read_handoffs(tmp_path)
    answer = phone.post(link, headers=headers)
    assert answer.status_code == 200
    assert "Go to checkout at 127.0.0.1?" in answer.text
    assert "data-post" not in answer.text
    assert read_handoffs(tmp_path) == before
    assert read_sessions(shop) == {}
    token = link.removeprefix("/h/")
    assert phone.post("/h", data={"token": token}, headers=headers).status_code == 200
    assert phone.post(link).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_post_by_our_own_page_or_by_an_app_uses_the_link(
    poq: Poq, phone: FlaskClient, headers: dict[str, str]
) -> None:
    assert use_link(phone, poq.request_link(), headers=headers).status_code == 303


# Result pages


def test_an_expired_link_shows_its_page(poq: Poq, phone: FlaskClient, clock: FakeClock) -> None:
    link = poq.request_link()
    clock.advance(seconds=300)
    for answer in (phone.get(link), phone.post(link)):
        assert answer.status_code == 410
        assert "This link has expired" in answer.text


def test_a_superseded_link_shows_its_page(poq: Poq, phone: FlaskClient) -> None:
    link = poq.request_link(("ITEM-01", 1))
    poq.request_link(("ITEM-01", 2))
    for answer in (phone.get(link), phone.post(link)):
        assert answer.status_code == 410
        assert "There is a newer link" in answer.text


@pytest.mark.parametrize("alter", ["cut", "changed", "made up", "unsigned"])
def test_an_unknown_or_altered_link_shows_its_page(
    poq: Poq, phone: FlaskClient, alter: str
) -> None:
    link = poq.request_link()
    altered = {
        "cut": link[:-1],
        "changed": link[:-3] + ("aaa" if not link.endswith("aaa") else "bbb"),
        "made up": "/h/x",
        "unsigned": link.split(".")[0],
    }[alter]
    for answer in (phone.get(altered), phone.post(altered)):
        assert answer.status_code == 404
        assert "This link does not work" in answer.text


def test_a_signed_link_without_a_handoff_is_unknown(app: Flask, phone: FlaskClient) -> None:
    token = app.extensions["handoff.EntryContext"].link_tokens.create_token("A" * 22)
    assert phone.post(f"/h/{token}").status_code == 404


def test_while_the_session_store_is_unavailable_the_web_view_may_try_again(
    poq: Poq, phone: FlaskClient, app: Flask, shop: RunningShop
) -> None:
    link = poq.request_link()
    phone.get(link)
    shop.sessions.rename(shop.sessions.with_name("away"))
    answer = use_link(phone, link)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "Try again" in answer.text
    assert f'action="{link}"' in answer.text
    assert app.test_client().post(link).status_code == 410
    shop.sessions.with_name("away").rename(shop.sessions)
    assert use_link(phone, link).status_code == 303


def test_the_web_view_may_try_again_only_until_the_link_expires(
    poq: Poq, phone: FlaskClient, shop: RunningShop, clock: FakeClock
) -> None:
    link = poq.request_link()
    shutil.rmtree(shop.sessions)
    assert [use_link(phone, link).status_code for _ in range(8)] == [503] * 8
    clock.advance(seconds=301)
    assert phone.post(link).status_code == 410


def test_without_an_answer_of_the_shop_a_used_link_shows_the_used_page(
    make_app: MakeApp, poq: Poq, phone: FlaskClient
) -> None:
    link = poq.request_link()
    assert use_link(phone, link).status_code == 303
    deaf = make_app(
        magento_url="http://127.0.0.1:9", magento_access_token=SecretStr("a-token-of-the-shop")
    )
    assert "This link has already been used" in deaf.test_client().get(link).text


def test_result_pages_link_to_the_return_url(make_app: MakeApp) -> None:
    app = make_app(app_return_url="shopapp://bag")
    page = app.test_client().get("/h/x").text
    assert re.search(r'<a class="button" href="shopapp://bag"[^>]*>Back to the app</a>', page)


def test_without_a_return_url_result_pages_have_a_scripted_button(client: FlaskClient) -> None:
    page = client.get("/h/x").text
    assert re.search(r'<button type="button"[^>]* hidden>Back to the app</button>', page)


def test_result_pages_hold_a_support_code_and_not_the_link(
    poq: Poq, phone: FlaskClient, app: Flask
) -> None:
    link = poq.request_link()
    use_link(phone, link)
    page = app.test_client().get(link).text
    assert read_support_code(page) == build_support_code({"handoff": link[3:25]})
    assert link not in page


@pytest.mark.parametrize("path", ["/h/x", "/nowhere", "/h/{token}"])
def test_the_support_code_of_each_page_is_in_the_log(
    poq: Poq, phone: FlaskClient, app: Flask, captured_log: CapturedLog, path: str
) -> None:
    link = poq.request_link()
    use_link(phone, link)
    captured_log.read_lines()
    page = app.test_client().get(path.format(token=link.removeprefix("/h/"))).text
    [line] = captured_log.read_lines("request")
    assert line["support_code"] == read_support_code(page)


def test_unknown_addresses_and_wrong_methods_get_a_page(client: FlaskClient) -> None:
    assert client.get("/").status_code == 404
    answer = client.put("/h/x")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert client.get("/h").status_code == 405


@pytest.mark.parametrize("path", ["/h//{token}", "//h/{token}", "/api/cart-transfer//key"])
def test_no_redirect_is_built_from_the_host_header(
    poq: Poq, client: FlaskClient, path: str
) -> None:
    token = poq.request_link().removeprefix("/h/")
    for method in ("GET", "POST"):
        answer = client.open(
            path.format(token=token), method=method, base_url="http://evil.example"
        )
        assert answer.status_code == 404
        assert "Location" not in answer.headers


def test_after_any_failure_the_web_view_may_try_again(
    poq: Poq, phone: FlaskClient, make_app: MakeApp
) -> None:
    link = poq.request_link()
    without_the_store = make_app(stores=(StoreView(**{**STORE, "code": "other", "store_id": 9}),))
    failing = without_the_store.test_client()
    answer = use_link(failing, link)
    assert answer.status_code == 500
    assert "Try again" in answer.text
    for cookie in list_set_cookies(answer):
        name, value = cookie.split(";")[0].split("=")
        phone.set_cookie(name, value, path="/h", domain="localhost")
    assert use_link(phone, link).status_code == 303


def test_a_link_whose_session_was_never_written_expires(
    poq: Poq, phone: FlaskClient, shop: RunningShop, clock: FakeClock
) -> None:
    link = poq.request_link()
    shutil.rmtree(shop.sessions)
    assert use_link(phone, link).status_code == 503
    clock.advance(seconds=301)
    assert "This link has expired" in phone.post(link).text


def test_without_a_written_session_the_web_view_may_try_until_the_link_expires(
    poq: Poq, phone: FlaskClient, shop: RunningShop, clock: FakeClock
) -> None:
    link = poq.request_link()
    with remove_session_store(shop):
        assert [use_link(phone, link).status_code for _ in range(7)] == [503] * 7
        clock.advance(seconds=200)
        assert phone.post(link).status_code == 503
    clock.advance(seconds=90)
    assert phone.post(link).status_code == 303
    clock.advance(seconds=61)
    assert phone.post(link).status_code == 410


def test_a_failed_reopening_does_not_extend_the_grace(
    poq: Poq, phone: FlaskClient, shop: RunningShop, clock: FakeClock
) -> None:
    link = poq.request_link()
    assert use_link(phone, link).status_code == 303
    clock.advance(seconds=50)
    with remove_session_store(shop):
        assert phone.post(link).status_code == 503
    clock.advance(seconds=11)
    assert phone.post(link).status_code == 410


@contextmanager
def remove_session_store(shop: RunningShop) -> Iterator[None]:
    """Remove the folder of the shop's sessions."""
    shop.sessions.rename(shop.sessions.with_name("away"))
    try:
        yield
    finally:
        shop.sessions.with_name("away").rename(shop.sessions)


def test_the_web_view_cookie_lasts_as_long_as_a_renewed_link(
    poq: Poq, phone: FlaskClient, clock: FakeClock
) -> None:
    link = poq.request_link()
    [first] = list_set_cookies(phone.get(link))
    clock.advance(seconds=290)
    assert poq.request_link() == link
    [again] = list_set_cookies(phone.get(link))
    assert again.split(";")[0] == first.split(";")[0]
    assert "Max-Age=360" in again


def test_a_form_body_that_is_too_large_is_refused(client: FlaskClient) -> None:
    assert client.post("/h", data={"token": "x" * 10_000}).status_code == 413


# Headers


def test_the_csp_allows_only_our_files_and_the_shop(make_app: MakeApp, shop: RunningShop) -> None:
    app = make_app(checkout_hosts=("pay.shop.example", "checkout.shop.example:8443"))
    phone, link = app.test_client(), Poq(app.test_client()).request_link()
    page = phone.get(link)
    for answer in (page, phone.post(link), phone.get("/h/x"), phone.get("/")):
        policy = dict(
            part.strip().split(" ", 1)
            for part in answer.headers["Content-Security-Policy"].split(";")
        )
        assert policy["default-src"] == "'none'"
        assert policy["style-src"] == "'self'"
        assert policy["script-src"].startswith("'self'")
        assert ("sha256" in policy["script-src"]) is (answer is page)
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["form-action"] == (
            f"'self' {shop.url} http://pay.shop.example http://checkout.shop.example:8443"
        )
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "strict-origin"
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "Strict-Transport-Security" not in answer.headers
        assert "Clear-Site-Data" not in answer.headers


def test_the_only_inline_script_is_the_file_that_the_csp_allows(
    poq: Poq, phone: FlaskClient
) -> None:
    text = (find_resource_folder("templates") / "post_form.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    page = phone.get(poq.request_link())
    assert re.findall(r"<script[^>]*>(.*?)</script>", page.text, re.DOTALL) == [text]
    policy = page.headers["Content-Security-Policy"]
    assert f"script-src 'self' 'sha256-{digest}';" in policy
    assert "</" not in text


def test_nothing_before_the_inline_script_has_to_be_loaded(poq: Poq, phone: FlaskClient) -> None:
    """A script waits for the style sheets and scripts before it."""
    before, _, after = phone.get(poq.request_link()).text.partition("<script>")
    assert "<form" in before
    assert 'rel="stylesheet"' not in before
    assert after.count('rel="stylesheet"') == 2


def test_pages_that_wait_for_a_tap_have_no_inline_script(poq: Poq, phone: FlaskClient) -> None:
    link = poq.request_link()
    question = phone.get(link, headers={"Sec-Fetch-Site": "cross-site"})
    for answer in (question, phone.get("/h/x"), phone.get("/")):
        assert "<script>" not in answer.text
        assert "sha256" not in answer.headers["Content-Security-Policy"]


def test_no_page_has_inline_styles_or_handlers(poq: Poq, phone: FlaskClient) -> None:
    for page in (phone.get(poq.request_link()).text, phone.get("/h/x").text):
        assert "<style" not in page
        assert " style=" not in page
        assert " onclick" not in page
    for name in ("back-to-app.js", "page.css"):
        with phone.get(f"/static/{name}") as file:
            assert file.status_code == 200


def test_on_https_cookies_are_secure_and_hsts_is_sent(make_app: MakeApp) -> None:
    app = make_app(
        public_url="https://www.shop.example/handoff", storefront_url="https://www.shop.example"
    )
    link = Poq(app.test_client()).request_link()
    assert link.startswith("/handoff/h/")
    phone = app.test_client()
    page = phone.get(link, base_url="https://www.shop.example")
    assert f'action="{link}"' in page.text
    assert 'href="/handoff/static/page.css"' in page.text
    entered = phone.post(link, base_url="https://www.shop.example")
    assert entered.headers["Location"] == "https://www.shop.example/checkout/"
    assert entered.headers["Strict-Transport-Security"].startswith("max-age=")
    for cookie in list_set_cookies(page) + list_set_cookies(entered):
        if "Max-Age=0" not in cookie:
            assert "; Secure" in cookie
    [web_view_cookie] = list_set_cookies(page)
    assert re.fullmatch(
        r"__Host-handoff_[0-9a-f]{12}_[0-9a-f]{6}=([\w-]{22}); Max-Age=360; Secure; "
        r"HttpOnly; Path=/; SameSite=Lax",
        web_view_cookie,
    )
    assert web_view_cookie in list_set_cookies(entered)
    assert any(
        "Domain=www.shop.example" in c and "PHPSESSID" in c for c in list_set_cookies(entered)
    )


def test_a_proxy_may_remove_the_path_prefix(make_app: MakeApp) -> None:
    app = make_app(
        public_url="https://www.shop.example/handoff", storefront_url="https://www.shop.example"
    )
    link = Poq(app.test_client()).request_link()
    assert app.test_client().get(link.removeprefix("/handoff")).status_code == 200
    assert app.test_client().get("/handoff/healthz").status_code == 200
    assert app.test_client().get("/handoffx/healthz").status_code == 404
