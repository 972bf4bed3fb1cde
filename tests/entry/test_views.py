"""The entry page and the POST that lets one web view in."""

from __future__ import annotations

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

from handoff.settings.store_views import StoreView
from tests.conftest import STORE, MakeApp, Poq, TurnedClock, path_of
from tests.running import RunningShop

CHECKOUT = "/checkout/"


def sessions_in(shop: RunningShop) -> dict[str, bytes]:
    files = shop.sessions.glob("sess_*")
    return {file.name.removeprefix("sess_"): file.read_bytes() for file in files}


def ledger_rows(folder: Path) -> list[Any]:
    with sqlite3.connect(folder / "handoff.db") as connection:
        return connection.execute("SELECT * FROM handoff").fetchall()


def set_cookies(answer: Any) -> list[str]:
    return list(answer.headers.getlist("Set-Cookie"))


# The page


def test_the_page_says_what_is_happening_and_posts_itself(poq: Poq, phone: FlaskClient) -> None:
    link = poq.link(("ITEM-01", 2), ("ITEM-02", 1))
    page = phone.get(link)
    assert page.status_code == 200
    assert f'<form method="post" action="{link}" data-post="now">' in page.text
    assert "There are 3 items in your bag." in page.text
    assert '<button type="submit" autofocus>' in page.text


def test_looking_changes_nothing_however_often(
    poq: Poq, phone: FlaskClient, app: Flask, tmp_path: Path, shop: RunningShop
) -> None:
    link = poq.link()
    before, sessions = ledger_rows(tmp_path), sessions_in(shop)
    for _ in range(3):
        assert phone.get(link).status_code == 200
        assert app.test_client().get(link).status_code == 200
        head = app.test_client().head(link)
        assert (head.status_code, head.data) == (200, b"")
    assert ledger_rows(tmp_path) == before
    assert sessions_in(shop) == sessions
    assert phone.post(link).status_code == 303


def test_the_opener_cookie_is_random_and_for_links_only(poq: Poq, app: Flask) -> None:
    link = poq.link()
    cookies = [set_cookies(app.test_client().get(link)) for _ in range(2)]
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


def test_a_web_view_keeps_the_opener_cookie_that_it_has(poq: Poq, phone: FlaskClient) -> None:
    link = poq.link()
    first, second = (set_cookies(phone.get(link)) for _ in range(2))
    assert len(first) == 1
    assert [c.split(";")[0] for c in second] == [c.split(";")[0] for c in first]


def test_the_ledger_knows_only_a_hash_of_the_opener(
    poq: Poq, phone: FlaskClient, tmp_path: Path
) -> None:
    link = poq.link()
    value = set_cookies(phone.get(link))[0].split("=")[1].split(";")[0]
    phone.post(link)
    assert value.encode() not in (tmp_path / "handoff.db").read_bytes()


# Entering


def test_a_guest_is_let_in_with_the_quote_bound_to_a_new_session(
    poq: Poq, phone: FlaskClient, shop: RunningShop
) -> None:
    link = poq.link()
    phone.get(link)
    entered = phone.post(link)
    assert entered.status_code == 303
    assert entered.headers["Location"] == f"{shop.url}{CHECKOUT}"
    [(session_id, data)] = sessions_in(shop).items()
    assert data == b'checkout|a:1:{s:10:"quote_id_1";s:1:"1";}'
    assert re.fullmatch(r"[0-9a-v]{26}", session_id)
    assert any(session_id in cookie for cookie in set_cookies(entered))


def test_a_customer_is_let_in_signed_in(poq: Poq, phone: FlaskClient, shop: RunningShop) -> None:
    token = shop.customer_token("other@example.com")
    number = shop.customer_quote(token, ("ITEM-01", 1))
    phone.post(path_of(poq.transfer({"quote_id": number, "token": token})))
    [data] = sessions_in(shop).values()
    assert data == (
        b'customer_base|a:2:{s:11:"customer_id";s:1:"2";s:17:"customer_group_id";s:1:"1";}'
        b'checkout|a:1:{s:10:"quote_id_1";s:1:"%d";}' % number
    )


def test_the_cookies_are_the_shops_own_and_displace_the_last_shopper(
    poq: Poq, phone: FlaskClient, shop: RunningShop
) -> None:
    entered = phone.post(poq.link())
    [session_id] = sessions_in(shop)
    by_name: dict[str, list[str]] = {}
    for cookie in set_cookies(entered):
        cookie = re.sub(r"Expires=[^;]+", "Expires=…", cookie)
        by_name.setdefault(cookie.split("=")[0], []).append(cookie)
    *namesakes, session = by_name["PHPSESSID"]
    assert all("Max-Age=0" in namesake for namesake in namesakes)
    assert session == (
        f"PHPSESSID={session_id}; Domain=127.0.0.1; Expires=…; Max-Age=3600; HttpOnly; Path=/; "
        "SameSite=Lax"
    )
    assert by_name["mage-cache-sessid"] == ["mage-cache-sessid=; Expires=…; Max-Age=0; Path=/"]
    [version] = by_name["private_content_version"]
    assert re.fullmatch(
        r"private_content_version=[0-9a-f]{32}; Expires=…; Max-Age=315360000; Path=/; "
        r"SameSite=Lax",
        version,
    )
    for name in ("mage-messages", "X-Magento-Vary", "persistent_shopping_cart"):
        assert by_name[name] == [f"{name}=; Expires=…; Max-Age=0; Path=/"]


def sections_of(answer: Any) -> dict[str, int]:
    [cookie] = [c for c in set_cookies(answer) if c.startswith("section_data_ids=%7B")]
    assert cookie.endswith("; Path=/; SameSite=Lax")
    value = cookie.split("=", 1)[1].split(";")[0]
    loaded: dict[str, int] = json.loads(unquote(value))
    return loaded


def test_the_shops_scripts_load_the_cart_the_customer_and_the_countries(
    poq: Poq, phone: FlaskClient
) -> None:
    assert set(sections_of(phone.post(poq.link()))) == {"cart", "customer", "directory-data"}


@pytest.mark.parametrize(
    ("sent", "more"),
    [
        ('{"wishlist": 5, "cart": 7}', {"wishlist"}),
        ('{"a;b": 5, "<x>": 7, "ok-1": 1}', {"ok-1"}),
        ("[1]", set()),
        ("not json", set()),
        ("[" * 1200, set()),
        (json.dumps(dict.fromkeys((f"s{n}" for n in range(90)), 1)), {f"s{n}" for n in range(40)}),
    ],
)
def test_what_the_web_view_knew_besides_is_loaded_anew(
    poq: Poq, phone: FlaskClient, sent: str, more: set[str]
) -> None:
    phone.set_cookie("section_data_ids", quote(sent))
    assert set(sections_of(phone.post(poq.link()))) == {"cart", "customer", "directory-data", *more}


def test_a_cookie_domain_that_the_shop_names_holds_for_its_scripts_too(
    make_app: MakeApp, shop: RunningShop
) -> None:
    app = make_app(
        public_url="http://handoff.shop.example",
        storefront_url="http://www.shop.example",
        session_cookie_domain=".shop.example",
    )
    entered = app.test_client().post(Poq(app.test_client()).link())
    names: dict[str, list[str | None]] = {}
    for cookie in set_cookies(entered):
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
def test_other_session_cookies_of_the_name_are_expired_before_ours_is_set(
    public_url: str,
    cookie_domain: str,
    expired: set[tuple[str | None, str]],
    make_app: MakeApp,
) -> None:
    """PHP takes the one with the longest path, else the oldest, whoever has set it."""
    app = make_app(
        public_url=public_url,
        storefront_url="http://www.shop.example",
        session_cookie_domain=cookie_domain,
    )
    entered = app.test_client().post(Poq(app.test_client()).link())
    *namesakes, ours = [c for c in set_cookies(entered) if c.startswith("PHPSESSID=")]
    assert "Max-Age=3600" in ours
    found = set()
    for cookie in namesakes:
        assert cookie.startswith("PHPSESSID=; ")
        assert "Max-Age=0" in cookie
        domain, path = (re.search(f"{name}=([^;]+)", cookie) for name in ("Domain", "Path"))
        assert path
        found.add((domain[1] if domain else None, path[1]))
    assert found == expired


def test_the_session_cookie_lasts_as_the_shops_own(make_app: MakeApp) -> None:
    """A lifetime of 0 is Magento's way to say: until the browser ends."""
    app = make_app(session_cookie_lifetime=0)
    entered = app.test_client().post(Poq(app.test_client()).link())
    *_, ours = [c for c in set_cookies(entered) if c.startswith("PHPSESSID=")]
    assert "Max-Age" not in ours
    assert "Expires" not in ours


def test_no_earlier_cookie_and_no_field_are_needed(poq: Poq, phone: FlaskClient) -> None:
    entered = phone.post(poq.link())
    assert entered.status_code == 303
    assert any(cookie.startswith("handoff_") for cookie in set_cookies(entered))


def test_the_form_style_posts_the_token_to_a_fixed_address(poq: Poq, phone: FlaskClient) -> None:
    token = poq.link().removeprefix("/h/")
    assert phone.post("/h", data={"token": token}).status_code == 303
    assert phone.post("/h", data={}).status_code == 404
    assert phone.post("/h", data={"token": "x"}).status_code == 404


def test_a_double_tap_and_a_lost_answer_both_end_in_checkout(
    poq: Poq, phone: FlaskClient, shop: RunningShop
) -> None:
    link = poq.link()
    phone.get(link)
    first, second = phone.post(link), phone.post(link)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(set(sessions_in(shop).values())) == 1


def test_two_looks_at_once_by_one_web_view_do_not_lock_it_out(poq: Poq, app: Flask) -> None:
    """Both answers set a cookie before either page posts; the second must not void the first."""
    link = poq.link()
    pages = [app.test_client().get(link) for _ in range(2)]
    phone = app.test_client()
    for page in pages:
        name, value = set_cookies(page)[0].split(";")[0].split("=")
        phone.set_cookie(name, value, path="/h", domain="localhost")
    assert [phone.post(link).status_code for _ in range(2)] == [303, 303]


def test_the_opener_may_come_back_within_the_grace_five_times(poq: Poq, phone: FlaskClient) -> None:
    link = poq.link()
    answers = [phone.post(link).status_code for _ in range(7)]
    assert answers == [303, 303, 303, 303, 303, 303, 410]


def test_the_opener_may_reload_the_page_within_the_grace(
    poq: Poq, phone: FlaskClient, clock: TurnedClock
) -> None:
    link = poq.link()
    phone.post(link)
    clock.turn(seconds=59)
    assert phone.get(link).status_code == 200
    clock.turn(seconds=2)
    assert phone.get(link).status_code == 410
    assert phone.post(link).status_code == 410


def test_coming_back_does_not_prolong_the_grace(
    poq: Poq, phone: FlaskClient, clock: TurnedClock
) -> None:
    link = poq.link()
    assert phone.post(link).status_code == 303
    clock.turn(seconds=50)
    assert phone.post(link).status_code == 303
    clock.turn(seconds=11)
    assert phone.post(link).status_code == 410


@pytest.mark.parametrize("looked_before", [True, False])
def test_nobody_else_is_let_in_not_even_within_the_grace(
    poq: Poq, phone: FlaskClient, app: Flask, looked_before: bool
) -> None:
    link, other = poq.link(), app.test_client()
    if looked_before:
        other.get(link)
    assert phone.post(link).status_code == 303
    for answer in (other.post(link), other.get(link)):
        assert answer.status_code == 410
        assert "This link has already been used" in answer.text
        assert not set_cookies(answer)


# Forced on somebody


def test_a_navigation_from_another_site_does_not_post_itself(
    poq: Poq, phone: FlaskClient, shop: RunningShop
) -> None:
    token = shop.customer_token()
    number = shop.customer_quote(token, ("ITEM-01", 1))
    customers = path_of(poq.transfer({"quote_id": number, "token": token}))
    for link, signs_in in ((poq.link(), False), (customers, True)):
        page = phone.get(link, headers={"Sec-Fetch-Site": "cross-site"})
        assert page.status_code == 200
        assert "data-post" not in page.text
        assert "Go to checkout at 127.0.0.1?" in page.text
        assert ("signs you in" in page.text) == signs_in
        assert phone.post(link).status_code == 303


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
def test_a_post_from_another_site_spends_nothing(
    poq: Poq, phone: FlaskClient, tmp_path: Path, shop: RunningShop, headers: dict[str, str]
) -> None:
    link = poq.link()
    before = ledger_rows(tmp_path)
    answer = phone.post(link, headers=headers)
    assert answer.status_code == 200
    assert "Go to checkout at 127.0.0.1?" in answer.text
    assert "data-post" not in answer.text
    assert ledger_rows(tmp_path) == before
    assert sessions_in(shop) == {}
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
def test_a_post_of_our_own_page_or_of_an_app_passes(
    poq: Poq, phone: FlaskClient, headers: dict[str, str]
) -> None:
    assert phone.post(poq.link(), headers=headers).status_code == 303


# Endings


def test_an_expired_link_says_so(poq: Poq, phone: FlaskClient, clock: TurnedClock) -> None:
    link = poq.link()
    clock.turn(seconds=300)
    for answer in (phone.get(link), phone.post(link)):
        assert answer.status_code == 410
        assert "This link has expired" in answer.text


def test_a_superseded_link_says_so(poq: Poq, phone: FlaskClient) -> None:
    link = poq.link(("ITEM-01", 1))
    poq.link(("ITEM-01", 2))
    for answer in (phone.get(link), phone.post(link)):
        assert answer.status_code == 410
        assert "There is a newer link" in answer.text


@pytest.mark.parametrize("alter", ["cut", "changed", "made up", "unsigned"])
def test_an_unknown_or_tampered_link_says_so(poq: Poq, phone: FlaskClient, alter: str) -> None:
    link = poq.link()
    altered = {
        "cut": link[:-1],
        "changed": link[:-3] + ("aaa" if not link.endswith("aaa") else "bbb"),
        "made up": "/h/x",
        "unsigned": link.split(".")[0],
    }[alter]
    for answer in (phone.get(altered), phone.post(altered)):
        assert answer.status_code == 404
        assert "This link does not work" in answer.text


def test_a_well_signed_link_of_no_handoff_is_unknown(app: Flask, phone: FlaskClient) -> None:
    token = app.extensions["handoff.entry"].link_tokens.sign("A" * 22)
    assert phone.post(f"/h/{token}").status_code == 404


def test_a_session_store_out_of_reach_says_so_and_the_opener_may_try_again(
    poq: Poq, phone: FlaskClient, app: Flask, shop: RunningShop
) -> None:
    link = poq.link()
    phone.get(link)
    shop.sessions.rename(shop.sessions.with_name("away"))
    answer = phone.post(link)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "Try again" in answer.text
    assert f'action="{link}"' in answer.text
    assert app.test_client().post(link).status_code == 410
    shop.sessions.with_name("away").rename(shop.sessions)
    assert phone.post(link).status_code == 303


def test_the_opener_may_try_again_only_as_long_as_the_link_lives(
    poq: Poq, phone: FlaskClient, shop: RunningShop, clock: TurnedClock
) -> None:
    link = poq.link()
    shutil.rmtree(shop.sessions)
    assert [phone.post(link).status_code for _ in range(8)] == [503] * 8
    clock.turn(seconds=301)
    assert phone.post(link).status_code == 410


def test_a_used_link_speaks_of_the_order_where_the_shop_may_be_asked(
    make_app: MakeApp, shop: RunningShop
) -> None:
    app = make_app(magento_admin_username="admin", magento_admin_password=SecretStr("Admin123!"))
    quote_id = shop.guest_quote(("ITEM-01", 1))
    link = path_of(Poq(app.test_client()).transfer({"quote_id": quote_id}))
    phone, other = app.test_client(), app.test_client()
    assert phone.post(link).status_code == 303
    assert "This link has already been used" in other.get(link).text
    shop.order(f"guest-carts/{quote_id}")
    for answer in (phone.post(link), other.get(link), other.post(link)):
        assert answer.status_code == 410
        assert "Your order has been placed" in answer.text


def test_a_shop_that_does_not_answer_leaves_the_words_for_used(
    make_app: MakeApp, poq: Poq, phone: FlaskClient
) -> None:
    link = poq.link()
    assert phone.post(link).status_code == 303
    deaf = make_app(
        magento_url="http://127.0.0.1:9", magento_access_token=SecretStr("a token of the shop")
    )
    assert "This link has already been used" in deaf.test_client().get(link).text


def test_endings_lead_back_to_the_app_where_that_is_set(make_app: MakeApp) -> None:
    app = make_app(app_return_url="shopapp://bag")
    page = app.test_client().get("/h/x").text
    assert re.search(r'<a class="button" href="shopapp://bag"[^>]*>Back to the app</a>', page)


def test_endings_lead_back_by_script_where_no_address_is_set(client: FlaskClient) -> None:
    page = client.get("/h/x").text
    assert re.search(r'<button type="button"[^>]* hidden>Back to the app</button>', page)


def test_endings_hold_a_code_for_support_and_not_the_link(
    poq: Poq, phone: FlaskClient, app: Flask
) -> None:
    link = poq.link()
    phone.post(link)
    page = app.test_client().get(link).text
    assert f'<b dir="ltr">{link[3:11]}</b>' in page
    assert link not in page


def test_unknown_addresses_and_wrong_methods_get_a_page(client: FlaskClient) -> None:
    assert client.get("/").status_code == 404
    answer = client.put("/h/x")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert client.get("/h").status_code == 405


@pytest.mark.parametrize("path", ["/h//{token}", "//h/{token}", "/api/cart-transfer//key"])
def test_no_answer_is_a_redirect_made_of_the_host_header(
    poq: Poq, client: FlaskClient, path: str
) -> None:
    token = poq.link().removeprefix("/h/")
    for method in ("GET", "POST"):
        answer = client.open(
            path.format(token=token), method=method, base_url="http://evil.example"
        )
        assert answer.status_code == 404
        assert "Location" not in answer.headers


def test_whatever_fails_after_spending_the_opener_may_try_again(
    poq: Poq, phone: FlaskClient, make_app: MakeApp
) -> None:
    link = poq.link()
    without_the_store = make_app(stores=(StoreView(**{**STORE, "code": "other", "store_id": 9}),))
    failing = without_the_store.test_client()
    answer = failing.post(link)
    assert answer.status_code == 500
    assert "Try again" in answer.text
    for cookie in set_cookies(answer):
        name, value = cookie.split(";")[0].split("=")
        phone.set_cookie(name, value, path="/h", domain="localhost")
    assert phone.post(link).status_code == 303


def test_an_opener_who_was_never_let_in_reads_that_the_link_has_expired(
    poq: Poq, phone: FlaskClient, shop: RunningShop, clock: TurnedClock
) -> None:
    link = poq.link()
    shutil.rmtree(shop.sessions)
    assert phone.post(link).status_code == 503
    clock.turn(seconds=301)
    assert "This link has expired" in phone.post(link).text


def test_who_could_not_be_let_in_may_try_for_as_long_as_the_link_lives(
    poq: Poq, phone: FlaskClient, shop: RunningShop, clock: TurnedClock
) -> None:
    link = poq.link()
    with session_store_away(shop):
        assert [phone.post(link).status_code for _ in range(7)] == [503] * 7
        clock.turn(seconds=200)
        assert phone.post(link).status_code == 503
    clock.turn(seconds=90)
    assert phone.post(link).status_code == 303
    clock.turn(seconds=61)
    assert phone.post(link).status_code == 410


def test_who_was_let_in_gains_no_time_by_a_session_store_in_trouble(
    poq: Poq, phone: FlaskClient, shop: RunningShop, clock: TurnedClock
) -> None:
    link = poq.link()
    assert phone.post(link).status_code == 303
    clock.turn(seconds=50)
    with session_store_away(shop):
        assert phone.post(link).status_code == 503
    clock.turn(seconds=11)
    assert phone.post(link).status_code == 410


@contextmanager
def session_store_away(shop: RunningShop) -> Iterator[None]:
    """Leave no folder to write sessions into."""
    shop.sessions.rename(shop.sessions.with_name("away"))
    try:
        yield
    finally:
        shop.sessions.with_name("away").rename(shop.sessions)


def test_the_opener_cookie_lives_on_with_a_renewed_link(
    poq: Poq, phone: FlaskClient, clock: TurnedClock
) -> None:
    link = poq.link()
    [first] = set_cookies(phone.get(link))
    clock.turn(seconds=290)
    assert poq.link() == link
    [again] = set_cookies(phone.get(link))
    assert again.split(";")[0] == first.split(";")[0]
    assert "Max-Age=360" in again


def test_a_form_body_that_is_too_large_is_refused(client: FlaskClient) -> None:
    assert client.post("/h", data={"token": "x" * 10_000}).status_code == 413


# Headers


def test_every_page_allows_only_our_own_files_and_the_way_to_the_shop(
    make_app: MakeApp, shop: RunningShop
) -> None:
    app = make_app(checkout_hosts=("pay.shop.example", "checkout.shop.example:8443"))
    phone, link = app.test_client(), Poq(app.test_client()).link()
    for answer in (phone.get(link), phone.post(link), phone.get("/h/x"), phone.get("/")):
        policy = dict(
            part.strip().split(" ", 1)
            for part in answer.headers["Content-Security-Policy"].split(";")
        )
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
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


def test_pages_hold_no_script_or_style_of_their_own(poq: Poq, phone: FlaskClient) -> None:
    page = phone.get(poq.link()).text
    assert re.findall(r"<script[^>]*>", page) == ['<script src="/static/page.js" async>']
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick" not in page
    for name in ("page.js", "page.css"):
        with phone.get(f"/static/{name}") as file:
            assert file.status_code == 200


def test_on_https_cookies_are_secure_and_the_host_stays_on_https(make_app: MakeApp) -> None:
    app = make_app(
        public_url="https://www.shop.example/handoff", storefront_url="https://www.shop.example"
    )
    link = Poq(app.test_client()).link()
    assert link.startswith("/handoff/h/")
    phone = app.test_client()
    page = phone.get(link, base_url="https://www.shop.example")
    assert f'action="{link}"' in page.text
    assert 'src="/handoff/static/page.js"' in page.text
    entered = phone.post(link, base_url="https://www.shop.example")
    assert entered.headers["Location"] == "https://www.shop.example/checkout/"
    assert entered.headers["Strict-Transport-Security"].startswith("max-age=")
    for cookie in set_cookies(page) + set_cookies(entered):
        if "Max-Age=0" not in cookie:
            assert "; Secure" in cookie
    assert "Path=/handoff/h;" in set_cookies(page)[0]
    assert any("Domain=www.shop.example" in c and "PHPSESSID" in c for c in set_cookies(entered))


def test_a_proxy_may_take_the_public_path_off(make_app: MakeApp) -> None:
    app = make_app(
        public_url="https://www.shop.example/handoff", storefront_url="https://www.shop.example"
    )
    link = Poq(app.test_client()).link()
    assert app.test_client().get(link.removeprefix("/handoff")).status_code == 200
    assert app.test_client().get("/handoff/healthz").status_code == 200
    assert app.test_client().get("/handoffx/healthz").status_code == 404
