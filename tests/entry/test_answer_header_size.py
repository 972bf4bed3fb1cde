"""The size of the headers that a used link answers with, whatever the settings are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from werkzeug.test import TestResponse

from handoff.entry.shop_cookies import MAX_SET_COOKIE_BYTES, measure_set_cookies
from handoff.settings import Settings, load_settings
from tests.conftest import STORE, MakeApp, Poq, create_settings, use_link
from tests.running_servers import RunningShop

LONG_HOST = ".".join(["label-of-a-host"] * 12) + ".co.uk"
LAYOUTS: dict[str, dict[str, Any]] = {
    "on the shop's host": {
        "public_url": "https://www.shop.example/handoff",
        "storefront_url": "https://www.shop.example",
    },
    "on a host beside it": {
        "public_url": "https://handoff.shop.example",
        "storefront_url": "https://www.shop.example",
        "session_cookie_domain": ".shop.example",
    },
    "below a public suffix, with a store path": {
        "public_url": "https://www.brand.example.co.uk/handoff",
        "storefront_url": "https://www.brand.example.co.uk/store",
    },
    "with a cookie domain": {
        "public_url": "https://www.brand.example.co.uk/handoff",
        "storefront_url": "https://www.brand.example.co.uk/store",
        "session_cookie_domain": ".example.co.uk",
        "checkout_path": "/en/onepage/checkout/",
    },
    "on a local machine": {
        "public_url": "http://localhost:8000",
        "storefront_url": "http://localhost:8080",
    },
    "with the longest values": {
        "public_url": f"https://{LONG_HOST}/handoff",
        "storefront_url": f"https://{LONG_HOST}/{'x/' * 30}store",
        "checkout_path": f"/{'y/' * 95}checkout/",
        "session_cookie_domain": f".{LONG_HOST}",
        "session_cookie_path": f"/{'z' * 199}",
        "session_cookie_name": "N" * 64,
        "session_cookie_samesite": "Strict",
        "session_cookie_lifetime": 31_536_000,
        "stores": [{**STORE, "code": "c" * 32}],
    },
}


@pytest.fixture(params=LAYOUTS.values(), ids=list(LAYOUTS))
def layout(
    request: pytest.FixtureRequest, settings: Settings, shop: RunningShop, tmp_path: Path
) -> Settings:
    """Return checked settings for a layout."""
    usual = create_settings(shop.url, shop.sessions, tmp_path)
    return load_settings(
        **{**usual, "checkout_preflight": settings.checkout_preflight, **request.param}
    )


def measure_headers(answer: TestResponse, *names: str) -> int:
    """Return the bytes of the headers with these names, of all headers without a name."""
    return sum(
        len(f"{name}: {value}\r\n") for name, value in answer.headers if name in names or not names
    )


def use_link_with_many_cookies(app: Any, settings: Settings) -> TestResponse:
    """Use a link in a web view whose cookies make the answer as long as it can be."""
    site = settings.build_store_site(settings.stores[0])
    phone, poq = app.test_client(), Poq(app.test_client())
    for number in range(3):
        use_link(
            phone, poq.request_link(reference=f"earlier-{number}"), base_url=site.public_origin
        )
    link = poq.request_link()
    sections = quote(json.dumps(dict.fromkeys((f"section-{n}" for n in range(100)), 1)))
    host = urlsplit(site.public_url).hostname or ""
    phone.set_cookie("section_data_ids", sections, domain=host)
    for _ in range(9):  # pages opened at the same time, each with a cookie
        page = app.test_client().get(link, base_url=site.public_origin)
        name, _, value = page.headers["Set-Cookie"].partition(";")[0].partition("=")
        phone.set_cookie(name, value, domain=host)
    entered = use_link(phone, link, base_url=site.public_origin)
    assert entered.status_code == 303
    return entered


def test_set_cookie_headers_stay_under_3_kb(layout: Settings, make_app: MakeApp) -> None:
    app = make_app(**dict(layout))
    entered = use_link_with_many_cookies(app, layout)
    cookies = measure_headers(entered, "Set-Cookie")
    site = layout.build_store_site(layout.stores[0])
    assert cookies <= measure_set_cookies(site) <= MAX_SET_COOKIE_BYTES < 3072
    if LONG_HOST not in layout.public_url:  # the doctor warns of values that are so long
        # The server adds its status line, Date, Server and Connection.
        assert measure_headers(entered) < 4096 - 200


def list_expired(answer: TestResponse, name: str) -> set[tuple[str, str]]:
    """Return domain and path of the cookies of a name that an answer expires."""
    found = set()
    for header in answer.headers.getlist("Set-Cookie"):
        pair, *attributes = header.split("; ")
        values = dict(attribute.partition("=")[::2] for attribute in attributes)
        if pair == f"{name}=" and values["Max-Age"] == "0":
            found.add((values.get("Domain", ""), values["Path"]))
    return found


def test_no_cookie_of_a_public_suffix_is_expired(make_app: MakeApp) -> None:
    """Browsers accept none for `co.uk`, nor for a host that a provider gives to its customers."""
    for host, domains in (
        ("www.brand.example.co.uk", {"", "brand.example.co.uk", "example.co.uk"}),
        ("www.shop.github.io", {"", "shop.github.io"}),
        ("www.shop.test", {"", "shop.test"}),
        ("www.shop.example", {"", "shop.example"}),
        ("co.uk", {""}),
        ("127.0.0.1", {""}),
    ):
        app = make_app(public_url=f"https://{host}/handoff", storefront_url=f"https://{host}")
        link = Poq(app.test_client()).request_link(reference=host)
        entered = use_link(app.test_client(), link, base_url=f"https://{host}")
        expired = list_expired(entered, "PHPSESSID")
        assert {domain for domain, path in expired if path == "/"} == domains
        assert {path for _, path in expired} == {"/", "/checkout", "/checkout/"}
