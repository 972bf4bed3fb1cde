"""Links to a shop of several stores: session, cookies and checkout URL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from handoff.settings import Settings, load_settings
from handoff.settings.store_view_models import StoreView
from tests.conftest import MakeApp, Poq, get_link_path, read_handoffs, use_link
from tests.entry.test_views import (
    WWW,
    hash_handoff_id,
    list_set_cookies,
    read_sessions,
    send_cookies,
)
from tests.running_servers import RunningShop, running_shop_of_stores
from tests.several_stores import TWO_TOWELS, create_settings_of_stores
from tests.transfer.test_store_views import make_quote_in_euros

QUOTES = {"default": b"quote_id_1", "base_eur": b"quote_id_1", "eu_de": b"quote_id_2"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[RunningShop]:
    with running_shop_of_stores(tmp_path / "sessions") as shop:
        yield shop


@pytest.fixture
def settings(shop: RunningShop, tmp_path: Path) -> Settings:
    return load_settings(**create_settings_of_stores(shop, tmp_path), checkout_preflight="off")


def make_link(poq: Poq, shop: RunningShop, code: str) -> str:
    """Transfer a guest's quote of a store and return the path of its link."""
    return get_link_path(
        poq.transfer({"quote_id": shop.create_guest_quote(*TWO_TOWELS, store=code)})
    )


@pytest.mark.parametrize("code", QUOTES)
def test_the_session_names_the_quotes_website_and_checkout_is_the_stores(
    poq: Poq, phone: FlaskClient, shop: RunningShop, settings: Settings, code: str
) -> None:
    entered = use_link(phone, make_link(poq, shop, code))
    [data] = read_sessions(shop).values()
    assert data == b'checkout|a:1:{s:10:"%s";s:1:"1";}' % QUOTES[code]
    host = "localhost" if code == "eu_de" else "127.0.0.1"
    port = urlsplit(shop.url).port
    assert entered.headers["Location"] == f"http://{host}:{port}/checkout/"
    [session] = [x for x in list_set_cookies(entered) if re.match("PHPSESSID=[0-9a-v]", x)]
    # A browser accepts `Domain=localhost` from localhost and sends the cookie to no other host.
    assert f"Domain={host};" in session


@pytest.mark.parametrize("code", QUOTES)
def test_the_store_cookie_is_the_one_that_the_shops_switcher_sets(
    poq: Poq, phone: FlaskClient, shop: RunningShop, code: str
) -> None:
    entered = use_link(phone, make_link(poq, shop, code))
    [line] = [line for line in list_set_cookies(entered) if line.startswith("store=")]
    name, *attributes = line.split("; ")
    assert name == f"store={code}"
    assert [one for one in attributes if not one.startswith("Expires=")] == [
        "Max-Age=31536000",
        "Path=/",
        "SameSite=Lax",
    ]


def test_the_store_cookie_has_the_path_of_a_storefront_with_the_store_code(
    make_app: MakeApp, settings: Settings, shop: RunningShop
) -> None:
    euro = settings.stores[1].model_copy(update={"url": f"{settings.storefront_url}/base_eur"})
    app = make_app(stores=(settings.stores[0], euro))
    entered = use_link(app.test_client(), make_link(Poq(app.test_client()), shop, "base_eur"))
    assert entered.headers["Location"] == f"{settings.storefront_url}/base_eur/checkout/"
    gone, kept = (line for line in list_set_cookies(entered) if line.startswith("store="))
    assert kept.startswith("store=base_eur;")
    assert "Path=/base_eur/;" in kept
    assert gone == "store=; Max-Age=0; Path=/"


def test_a_service_on_another_host_redirects_through_the_shops_switcher(
    make_app: MakeApp, settings: Settings, shop: RunningShop
) -> None:
    """Another host cannot replace a `store` cookie that is for the shop's host alone."""
    app = make_app(
        public_url="http://handoff.shop.test",
        storefront_url="http://www.shop.test",
        session_cookie_domain=".shop.test",
        stores=settings.stores[:2],
    )
    entered = use_link(app.test_client(), make_link(Poq(app.test_client()), shop, "base_eur"))
    assert not [line for line in list_set_cookies(entered) if line.startswith("store=")]
    to = urlsplit(entered.headers["Location"])
    assert f"{to.scheme}://{to.netloc}{to.path}" == "http://www.shop.test/stores/store/switch/"
    assert parse_qs(to.query) == {
        "___store": ["base_eur"],
        "___from_store": ["base_eur"],
        "uenc": ["aHR0cDovL3d3dy5zaG9wLnRlc3QvY2hlY2tvdXQv"],
    }


def test_a_page_without_a_handoff_uses_the_site_of_its_host(
    make_app: MakeApp, settings: Settings, shop: RunningShop
) -> None:
    """Its styles and its form have the path prefix of that site."""
    german = settings.stores[2].model_copy(update={"public_url": "http://localhost:8000/de"})
    listed = (settings.stores[0], german)
    link = make_link(Poq(make_app(stores=listed).test_client()), shop, "eu_de")
    phone = make_app(stores=listed, paused=True).test_client()
    page = phone.get(link, base_url="http://localhost:8000").text
    assert f'<form method="post" action="{link}">' in page
    assert link.startswith("/de/h/")
    assert 'href="/de/theme.css"' in page
    assert 'href="/theme.css"' in phone.get(link, base_url="http://127.0.0.1:8000").text


def test_a_customer_is_signed_in_to_the_website_of_the_quote(
    poq: Poq, phone: FlaskClient, shop: RunningShop
) -> None:
    token = shop.log_in_customer("euro@example.com", store="eu_gb")
    number = shop.fill_customer_quote(token, *TWO_TOWELS, store="eu_gb")
    use_link(phone, get_link_path(poq.transfer({"quote_id": number, "token_id": token})))
    [data] = read_sessions(shop).values()
    assert data.startswith(b'customer_eu|a:3:{s:11:"customer_id";s:1:"3";')


def test_with_shared_accounts_the_login_names_no_website(
    make_app: MakeApp, shop: RunningShop
) -> None:
    app = make_app(customer_accounts="global")
    poq, phone = Poq(app.test_client()), app.test_client()
    token = shop.log_in_customer()
    number = shop.fill_customer_quote(token, *TWO_TOWELS)
    use_link(phone, get_link_path(poq.transfer({"quote_id": number, "token_id": token})))
    [data] = read_sessions(shop).values()
    assert data.startswith(b'customer|a:3:{s:11:"customer_id";s:1:"1";')


def test_the_session_names_a_currency_that_is_not_the_stores_own(
    poq: Poq, phone: FlaskClient, shop: RunningShop
) -> None:
    use_link(phone, get_link_path(poq.transfer({"quote_id": make_quote_in_euros(shop)})))
    [data] = read_sessions(shop).values()
    assert data.startswith(b'default|a:1:{s:13:"currency_code";s:3:"EUR";}')


@pytest.mark.parametrize(
    ("code", "origin", "lets_in"),
    [
        ("default", "http://127.0.0.1:8000", True),
        ("default", "http://localhost:8000", False),
        ("eu_de", "http://localhost:8000", True),
        ("eu_de", "http://127.0.0.1:8000", False),
    ],
)
def test_a_link_may_be_posted_only_by_a_page_on_its_own_host(
    poq: Poq, phone: FlaskClient, shop: RunningShop, code: str, origin: str, lets_in: bool
) -> None:
    entered = use_link(phone, make_link(poq, shop, code), headers={"Origin": origin})
    assert entered.status_code == (303 if lets_in else 200)


@pytest.mark.parametrize("code", QUOTES)
@pytest.mark.parametrize("headers", [{}, {"Origin": "null"}])
@pytest.mark.parametrize("form_style", [False, True])
def test_a_post_without_an_origin_uses_the_link_of_any_store(
    poq: Poq,
    phone: FlaskClient,
    shop: RunningShop,
    code: str,
    headers: dict[str, str],
    form_style: bool,
) -> None:
    link = make_link(poq, shop, code)
    if form_style:
        entered = phone.post("/h", data={"token": link.removeprefix("/h/")}, headers=headers)
    else:
        entered = use_link(phone, link, headers=headers)
    assert entered.status_code == 303
    [data] = read_sessions(shop).values()
    assert QUOTES[code] in data


def test_a_post_from_the_host_of_another_store_leaves_the_link_unused(
    poq: Poq, phone: FlaskClient, shop: RunningShop, tmp_path: Path
) -> None:
    link = make_link(poq, shop, "eu_de")
    before = read_handoffs(tmp_path)
    asked = use_link(phone, link, headers={"Origin": "http://127.0.0.1:8000"})
    assert "data-post" not in asked.text
    assert read_handoffs(tmp_path) == before
    assert use_link(phone, link, headers={"Origin": "http://localhost:8000"}).status_code == 303


@pytest.fixture
def mixed_stores(settings: Settings) -> tuple[StoreView, ...]:
    """Return a store view on http, and one on https that is on another host."""
    secure = {"public_url": WWW, "url": WWW}
    return (settings.stores[0], settings.stores[2].model_copy(update=secure))


@pytest.mark.parametrize(("code", "origin"), [("default", "http://127.0.0.1:8000"), ("eu_de", WWW)])
def test_stores_on_http_and_https_have_cookies_of_their_own(
    make_app: MakeApp,
    shop: RunningShop,
    mixed_stores: tuple[StoreView, ...],
    code: str,
    origin: str,
) -> None:
    app = make_app(stores=mixed_stores)
    link = make_link(Poq(app.test_client()), shop, code)
    web_view, other = app.test_client(), app.test_client()
    entered = [use_link(web_view, link, base_url=origin).status_code for _ in range(2)]
    assert entered == [303, 303]
    assert use_link(other, link, base_url=origin).status_code == 410


@pytest.mark.parametrize("form_style", [False, True])
def test_on_https_a_cookie_of_http_lets_no_second_web_view_in(
    make_app: MakeApp, shop: RunningShop, mixed_stores: tuple[StoreView, ...], form_style: bool
) -> None:
    """Another host of the domain can set such a cookie, with the same value in both web views."""
    app = make_app(stores=mixed_stores)
    link = make_link(Poq(app.test_client()), shop, "eu_de")
    token = link.removeprefix("/h/")
    planted = (f"handoff_{hash_handoff_id(token)}_abcdef", "v" * 22)
    victim, attacker = app.test_client(), app.test_client()
    with send_cookies(victim, planted), send_cookies(attacker, planted):
        if form_style:
            entered = victim.post("/h", data={"token": token}, base_url=WWW)
        else:
            assert victim.post(link, base_url=WWW).status_code != 303
            entered = use_link(victim, link, base_url=WWW)
        assert entered.status_code == 303
        assert attacker.post(link, base_url=WWW).status_code == 410
        assert victim.post(link, base_url=WWW).status_code == 303


def test_pages_of_a_store_have_its_language_and_host(
    poq: Poq, phone: FlaskClient, shop: RunningShop
) -> None:
    german = phone.get(make_link(poq, shop, "eu_de"), headers={"Accept-Language": "fr"}).text
    french = phone.get(make_link(poq, shop, "default"), headers={"Accept-Language": "fr"}).text
    assert '<html lang="de"' in german
    assert '<html lang="fr"' in french
    assert "localhost" in german
    assert "127.0.0.1" in french


def test_the_csp_allows_redirects_to_every_store(client: FlaskClient, shop: RunningShop) -> None:
    policy = client.get("/healthz").headers["Content-Security-Policy"]
    port = urlsplit(shop.url).port
    targets = f"form-action 'self' http://127.0.0.1:{port} http://localhost:{port};"
    assert targets in policy


def test_each_public_url_may_have_a_path(
    make_app: MakeApp, settings: Settings, shop: RunningShop
) -> None:
    stores = tuple(
        store.model_copy(update={"public_url": f"{store.public_url}/de"})
        if store.public_url
        else store
        for store in settings.stores
    )
    app = make_app(public_url=f"{settings.public_url}/handoff", stores=stores)
    poq, phone = Poq(app.test_client()), app.test_client()
    here, there = (make_link(poq, shop, code) for code in ("default", "eu_de"))
    assert here.startswith("/handoff/h/")
    assert there.startswith("/de/h/")
    assert 'href="/de/theme.css"' in phone.get(there).text
    assert phone.get("/handoff/healthz").status_code == phone.get("/de/healthz").status_code == 200
    [opener] = [line for line in list_set_cookies(phone.get(there)) if line.startswith("handoff_")]
    assert "Path=/de/h;" in opener
    assert use_link(phone, there).status_code == use_link(phone, here).status_code == 303
