"""The cookies that entry sets for the shop's pages."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from handoff.settings.store_view_models import SessionCookieSettings, StoreSite
from handoff.web_checkout_cookies import WebCheckoutCookies
from tests.conftest import FakeClock, MakeApp, Poq, use_link

SECRET = "a secret of the tests that is long enough"
IDS = [letter * 22 for letter in "abcde"]


def make_site(
    public_url: str = "https://www.shop.example/handoff", domain: str | None = None
) -> StoreSite:
    cookie = SessionCookieSettings(
        name="PHPSESSID",
        domain=domain or "www.shop.example",
        named_domain=domain,
        path="/",
        samesite="Lax",
        lifetime=900,
        secure=True,
    )
    return StoreSite("default", public_url, "https://www.shop.example", "/checkout/", cookie)


def read_set_cookies(answer: TestResponse) -> dict[str, str]:
    """Return the two cookies by name, with their attributes."""
    pairs = (header.split("=", 1) for header in answer.headers.getlist("Set-Cookie"))
    return {name: rest for name, rest in pairs if name in ("handoff_app", "handoff_web_checkout")}


def test_entry_sets_a_marker_and_a_signed_cookie_for_as_long_as_the_session(
    make_app: MakeApp,
) -> None:
    app = make_app(session_cookie_lifetime=900)
    cookies = read_set_cookies(use_link(app.test_client(), Poq(app.test_client()).request_link()))
    assert cookies["handoff_app"] == "1; Max-Age=900; Path=/; SameSite=Lax"
    assert re.fullmatch(
        r"[\w-]{22}\.[\w-]{43}; HttpOnly; Max-Age=900; Path=/; SameSite=Lax",
        cookies["handoff_web_checkout"],
    )


def test_opening_the_entry_page_sets_neither(poq: Poq, phone: FlaskClient) -> None:
    assert read_set_cookies(phone.get(poq.request_link())) == {}


def test_the_signed_cookie_gives_no_right_to_use_a_link(
    poq: Poq, app: Flask, phone: FlaskClient, clock: FakeClock
) -> None:
    link = poq.request_link()
    cookies = read_set_cookies(use_link(phone, link))
    value = cookies["handoff_web_checkout"].split(";")[0]
    other = app.test_client()
    other.set_cookie("handoff_web_checkout", value)
    assert use_link(other, link).status_code == 410
    assert other.post(f"/h/{value}").status_code == 404


def test_on_https_the_signed_cookie_is_for_the_host_only() -> None:
    marker, signed = WebCheckoutCookies(SECRET).build_headers(IDS[:1], make_site())
    assert marker == "handoff_app=1; Max-Age=900; Path=/; SameSite=Lax; Secure"
    assert signed.startswith("__Host-handoff_web_checkout=")
    assert "Domain" not in signed
    assert signed.endswith("; HttpOnly; Max-Age=900; Path=/; SameSite=Lax; Secure")


def test_beside_the_shop_the_marker_is_for_the_shops_cookie_domain() -> None:
    site = make_site("https://handoff.shop.example", ".shop.example")
    marker, signed = WebCheckoutCookies(SECRET).build_headers(IDS[:1], site)
    assert "Domain=.shop.example" in marker
    assert "Domain" not in signed


def read_back(cookies: WebCheckoutCookies, header: str) -> list[str]:
    name, value = header.split(";")[0].split("=", 1)
    return cookies.read_handoff_ids({name: value}, make_site())


def test_the_latest_three_handoffs_are_kept() -> None:
    cookies = WebCheckoutCookies(SECRET)
    _, signed = cookies.build_headers([IDS[1], IDS[0], IDS[1], *IDS[2:]], make_site())
    assert read_back(cookies, signed) == [IDS[1], IDS[0], IDS[2]]
    assert sum(len(header) for header in cookies.build_headers(IDS, make_site())) < 400


@pytest.mark.parametrize("change", ["x", "", ".x", "~" + IDS[4]])
def test_a_changed_cookie_names_no_handoff(change: str) -> None:
    cookies = WebCheckoutCookies(SECRET)
    _, signed = cookies.build_headers(IDS[:1], make_site())
    value = signed.split(";")[0].split("=", 1)[1]
    ids, _, signature = value.partition(".")
    changed = f"x={ids}{change}.{signature[1:] if not change else signature}"
    assert read_back(cookies, changed.replace("x=", "__Host-handoff_web_checkout=", 1)) == []


def test_a_cookie_of_an_earlier_key_stays_valid() -> None:
    _, signed = WebCheckoutCookies(SECRET).build_headers(IDS[:1], make_site())
    rotated = WebCheckoutCookies("another secret of the tests", previous=[SECRET])
    assert read_back(rotated, signed) == IDS[:1]
    assert read_back(WebCheckoutCookies("another secret of the tests"), signed) == []


def renew(app: Flask, phone: FlaskClient, origin: str | None) -> TestResponse:
    headers = {"Origin": origin} if origin else {}
    return phone.post("/web-checkout/session", headers=headers)


def test_a_page_of_the_shop_prolongs_the_cookies(
    app: Flask, poq: Poq, phone: FlaskClient, shop_url: str
) -> None:
    before = read_set_cookies(use_link(phone, poq.request_link()))
    answer = renew(app, phone, shop_url)
    assert answer.status_code == 204
    assert read_set_cookies(answer) == before
    assert answer.headers["Access-Control-Allow-Origin"] == shop_url
    for origin in (None, "null", "https://evil.example", f"{shop_url}.evil.example"):
        answer = renew(app, phone, origin)
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert read_set_cookies(answer) == {}
    assert read_set_cookies(renew(app, app.test_client(), shop_url)) == {}
