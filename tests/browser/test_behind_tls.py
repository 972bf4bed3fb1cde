"""Shop and service behind nginx with TLS, in both layouts of docs/go-live.md."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, Response

from tests.browser.conftest import ARGUMENTS, NewWebView, require_headless_chromium
from tests.browser.poq_cloud import Poq
from tests.browser.web_view import WebView
from tests.nginx_server import BARE, SERVICE, SHOP, NginxServer, running_nginx
from tests.running_servers import RunningService, running_service, running_shop
from tests.service_calls import create_environment

pytestmark = pytest.mark.processes

LINES = (("ITEM-02", 2), ("ITEM-07", 1))
STOREFRONT = f"https://{SHOP}"


@dataclass(frozen=True, slots=True)
class Way:
    """Where the service is reached, and how its cookies are."""

    public_url: str
    cookie_domain: str | None
    samesite: str
    host: str

    @property
    def session_domain(self) -> str:
        """The session cookie's domain, as Chromium writes it."""
        return self.cookie_domain or f".{SHOP}"


WAYS = {
    "below a path": Way(f"{STOREFRONT}/handoff", None, "Strict", SHOP),
    "on a host beside": Way(f"https://{SERVICE}", f".{BARE}", "None", SERVICE),
}


@pytest.fixture(scope="module", params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]


@dataclass(frozen=True, slots=True)
class Scene:
    """The running servers: nginx, and behind it the service and the shop."""

    nginx: NginxServer
    service: RunningService
    poq: Poq


@pytest.fixture(scope="module")
def scene(way: Way, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("tls")
    logs = folder / "nginx"
    logs.mkdir()
    domain = {"HANDOFF_SESSION_COOKIE_DOMAIN": way.cookie_domain} if way.cookie_domain else {}
    with running_shop(
        folder / "sessions", public_url=STOREFRONT, cookie_domain=way.cookie_domain
    ) as shop:
        environment = create_environment(
            shop,
            folder,
            HANDOFF_PUBLIC_URL=way.public_url,
            HANDOFF_STOREFRONT_URL=STOREFRONT,
            HANDOFF_SESSION_COOKIE_SAMESITE=way.samesite,
            HANDOFF_TRUSTED_PROXIES="1",
            **domain,
        )
        with (
            running_service(environment, folder) as service,
            running_nginx(logs, shop=shop.url, service=service.url) as nginx,
        ):
            yield Scene(nginx, service, Poq(service.url, shop))


@pytest.fixture(scope="module")
def browser(playwright: Playwright, scene: Scene) -> Iterator[Browser]:
    """Start a Chromium that resolves the hosts and trusts their certificate."""
    known = scene.nginx.certificate.fingerprint()
    browser = playwright.chromium.launch(
        executable_path=require_headless_chromium(),
        args=[
            *ARGUMENTS,
            f"--host-resolver-rules={scene.nginx.chromium_resolver_rules()}",
            f"--ignore-certificate-errors-spki-list={known}",
        ],
    )
    with browser:
        yield browser


@pytest.fixture
def new_web_view(playwright: Playwright, browser: Browser) -> Iterator[NewWebView]:
    contexts = []

    def new(**options: Any) -> WebView:
        context = browser.new_context(**{**playwright.devices["Pixel 7"], **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        return WebView(context.new_page(), STOREFRONT)

    yield new
    for context in contexts:
        context.close()


def list_cookies_like(web_view: WebView, name: str) -> list[dict[str, Any]]:
    """Return the cookies of all hosts whose names contain a text."""
    return [dict(c) for c in web_view.page.context.cookies() if name in c.get("name", "")]


@pytest.mark.parametrize("kind", ["bag", "customer_quote"])
def test_a_bag_is_ordered_over_https_only(kind: str, scene: Scene, web_view: WebView) -> None:
    answers: list[Response] = []
    web_view.page.on("response", lambda answer: answers.append(answer))
    web_view.follow(getattr(scene.poq, f"transfer_{kind}")(*LINES))
    assert web_view.checkout().lines == dict(LINES)
    assert web_view.buy()
    assert {answer.url.partition(":")[0] for answer in answers} == {"https"}


def test_cookies_have_the_strictest_attributes(scene: Scene, way: Way, web_view: WebView) -> None:
    web_view.open_up_to_checkout(scene.poq.request_link(*LINES))
    [own] = [
        cookie
        for cookie in list_cookies_like(web_view, "handoff_")
        if re.fullmatch("__Host-handoff_[0-9a-f]{12}_[0-9a-f]{6}", cookie["name"])
    ]
    assert (own["domain"], own["path"], own["sameSite"]) == (way.host, "/", "Lax")
    [session] = list_cookies_like(web_view, "PHPSESSID")
    assert (session["domain"], session["path"]) == (way.session_domain, "/")
    assert session["sameSite"] == way.samesite
    assert 3500 < session["expires"] - time.time() <= 3600
    for cookie in (own, session):
        assert (cookie["secure"], cookie["httpOnly"]) == (True, True)


def test_checkout_continues_with_the_session_that_was_written(
    scene: Scene, web_view: WebView
) -> None:
    """Over https the shop keeps our session id at checkout, so it must be impossible to guess."""
    with web_view.page.expect_response(lambda answer: answer.status == 303) as entered:
        web_view.open(scene.poq.request_link(*LINES))
    web_view.checkout()
    [kept] = web_view.session_cookies()
    assert f"PHPSESSID={kept};" in "\n".join(
        entry["value"] for entry in entered.value.headers_array() if entry["name"] == "set-cookie"
    )


def test_a_second_web_view_is_refused_and_the_first_may_reopen(
    scene: Scene, new_web_view: NewWebView
) -> None:
    link = scene.poq.request_link(*LINES)
    first, second = new_web_view(), new_web_view()
    first.open(link)
    first.checkout()
    second.open(link)
    second.sees("This link has already been used")
    first.open(link)
    assert first.checkout().lines == dict(LINES)


def plant_cookies(web_view: WebView, link: str) -> set[str]:
    """Set cookies of every name that fits a link, as a page on another host of the domain."""
    handoff_id = link.rpartition("/")[2].partition(".")[0]
    name = f"handoff_{hashlib.sha256(handoff_id.encode()).hexdigest()[:12]}_abcdef"
    page = f"https://blog.{BARE}/"
    web_view.page.route(page, lambda route: route.fulfill(body="", content_type="text/html"))
    web_view.page.goto(page)
    for planted in (f"__Host-{name}", f"\u2000__Host-{name}", f"__Secure-{name}", name, "abcdef"):
        attributes = f"Domain={BARE}; Path=/; Secure; SameSite=None"
        cookie = f"{planted}={'v' * 22}; {attributes}"
        web_view.page.evaluate("cookie => { document.cookie = cookie }", cookie)
    return {cookie["name"] for cookie in list_cookies_like(web_view, "abcdef")}


def test_cookies_from_another_host_of_the_domain_let_no_second_web_view_in(
    scene: Scene, new_web_view: NewWebView
) -> None:
    link = scene.poq.request_link(*LINES)
    victim, attacker = new_web_view(), new_web_view()
    for web_view in (victim, attacker):
        planted = plant_cookies(web_view, link)
        assert len(planted) >= 3
        assert not any(name.startswith("__Host-") for name in planted)
    victim.open(link)
    victim.checkout()
    attacker.open(link)
    attacker.sees("This link has already been used")
    assert attacker.session_cookies() == []


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_bare_domain_and_http_redirect_to_the_shop(scheme: str, web_view: WebView) -> None:
    web_view.open(f"{scheme}://{BARE}/")
    web_view.page.wait_for_url(f"{STOREFRONT}/")


def test_a_link_over_http_redirects_to_https_before_it_is_used(
    scene: Scene, web_view: WebView
) -> None:
    web_view.open(scene.poq.request_link(*LINES).replace("https:", "http:"))
    assert web_view.checkout().lines == dict(LINES)


def test_competing_session_cookies_do_not_win(scene: Scene, way: Way, web_view: WebView) -> None:
    """Those of the previous shopper for every domain in reach, and one of a sibling host."""
    web_view.add("ITEM-19")
    [former] = web_view.session_cookies()
    on_the_shops_host = SHOP in way.public_url
    domains = [f".{BARE}", *([f".{SHOP}", SHOP] if on_the_shops_host else [])]
    web_view.page.context.add_cookies(
        [
            {"name": "PHPSESSID", "value": former, "domain": domain, "path": path, "secure": True}
            for domain in domains
            for path in ("/", "/checkout", "/checkout/")
        ]
    )
    web_view.open(scene.poq.request_link(*LINES))
    checkout = web_view.checkout()
    assert checkout.skus == set(dict(LINES))
    assert checkout.lines == dict(LINES)
    [session] = list_cookies_like(web_view, "PHPSESSID")
    assert session["value"] != former
    assert (session["domain"], session["path"]) == (way.session_domain, "/")


def test_no_link_is_in_the_logs_of_nginx(scene: Scene, web_view: WebView) -> None:
    link = scene.poq.request_link(*LINES)
    web_view.open(link)
    web_view.checkout()
    logged = scene.nginx.read_logs('/h/***" 303', "/checkout/")
    assert '/h/***" 303' in logged
    assert "/checkout/" in logged
    assert link.rpartition("/")[2] not in logged
