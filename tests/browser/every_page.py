"""How to come to every page that a shopper can be shown; each way is named after its page."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Route
from pydantic import SecretStr

from handoff.settings.store_views import StoreView
from tests.browser.poq import Poq
from tests.browser.web_view import WebView
from tests.conftest import STORE, TurnedClock
from tests.running import RunningShop

PAGES = (
    "waiting",
    "asking",
    "unknown",
    "expired",
    "used",
    "ordered",
    "superseded",
    "unavailable",
    "fault",
    "paused",
    "too_many",
    "incomplete",
    "signed_out",
    "forced",
    "bag_unknown",
    "empty",
    "refused",
    "try_later",
)

# So that the pages show all that they can show.
SETTINGS: dict[str, Any] = {
    "shop_name": "Fern & Field",
    "app_return_url": "shopapp://bag",
    "magento_admin_username": "admin",
    "magento_admin_password": SecretStr("Admin123!"),
    "direct_entry": True,
}

_ELSEWHERE = "http://localhost:8/"  # another site than 127.0.0.1; nobody listens there


@dataclass(frozen=True, slots=True)
class Stage:
    """What it takes to come to a page; `ledger` is the file of the service's ledger.

    `serve` runs another service on the same ledger, with settings that it has otherwise.
    """

    poq: Poq
    web_view: WebView
    shop: RunningShop
    clock: TurnedClock
    ledger: Path
    serve: Callable[..., Poq]

    def show(self, page: str) -> None:
        """Come to one of the pages."""
        getattr(self, page)()

    def waiting(self) -> None:
        """Keep the page from posting itself: its script never arrives."""
        self.web_view.page.route("**/page.js", lambda route: route.abort())
        self.web_view.open(self.poq.link(("ITEM-01", 3)))
        self.web_view.page.wait_for_load_state()

    def asking(self) -> None:
        """Come from another site, with a customer's link."""
        html = f'<a href="{self.poq.customer_quote(("ITEM-01", 2))["url"]}">A bargain</a>'
        page = self.web_view.page

        def answer(route: Route) -> None:
            route.fulfill(body=html, content_type="text/html")

        page.route(_ELSEWHERE, answer)
        page.goto(_ELSEWHERE)
        page.get_by_role("link").tap()
        page.wait_for_url("**/h/*")
        page.wait_for_load_state()

    def unknown(self) -> None:
        self._open(f"{self.poq.url}/h/nothing")

    def expired(self) -> None:
        link = self.poq.link()
        self.clock.turn(seconds=301)
        self._open(link)

    def used(self) -> None:
        link = self.poq.link()
        _spend(link)
        self._open(link)

    def ordered(self) -> None:
        masked_id = self.shop.guest_quote(("ITEM-01", 1))
        link = self.poq.transfer(quote_id=masked_id)["url"]
        _spend(link)
        self.shop.order(f"guest-carts/{masked_id}")
        self._open(link)

    def superseded(self) -> None:
        older = self.poq.customer_quote(("ITEM-01", 1))["url"]
        self.poq.customer_quote(("ITEM-01", 2))
        self._open(older)

    def unavailable(self) -> None:
        """Come while the shop's session store is away, which it stays."""
        link = self.poq.link()
        self.shop.sessions.rename(self.shop.sessions.with_name("away"))
        self._open_and_post(link)

    def clear(self) -> None:
        """Bring back what was taken away."""
        away = self.shop.sessions.with_name("away")
        if away.exists():
            away.rename(self.shop.sessions)

    def fault(self) -> None:
        """Come with a link to a store view that is no longer in the settings."""
        link = self.poq.link()
        with closing(sqlite3.connect(self.ledger)) as connection, connection:
            connection.execute("UPDATE handoff SET store = 'gone'")
        self._open_and_post(link)

    def paused(self) -> None:
        paused = self.serve(**SETTINGS, paused=True)
        self._open(self.poq.link().replace(self.poq.url, paused.url))

    def too_many(self) -> None:
        strict = self.serve(**SETTINGS, refusals_per_minute=1)
        requests.get(f"{strict.url}/h/nothing", timeout=10)
        self._open(f"{strict.url}/h/nothing")

    def incomplete(self) -> None:
        self._bring()

    def signed_out(self) -> None:
        self._bring(quote_id="4", token_id="expired")

    def forced(self) -> None:
        """Come from another site, that posts the form."""
        form = f'<form method="post" action="{self.poq.url}/enter"></form>'
        page = self.web_view.page

        def answer(route: Route) -> None:
            script = "<script>document.forms[0].submit()</script>"
            route.fulfill(body=form + script, content_type="text/html")

        page.route(_ELSEWHERE, answer)
        page.goto(_ELSEWHERE, wait_until="commit")
        page.wait_for_url("**/enter")
        page.wait_for_load_state()

    def bag_unknown(self) -> None:
        self._bring(quote_id="x" * 32)

    def empty(self) -> None:
        self._bring(quote_id=self.shop.guest_quote())

    def refused(self) -> None:
        """Come with a quote of a store view that is not served."""
        elsewhere = StoreView(**{**STORE, "store_id": 9})
        self._bring(self.serve(**SETTINGS, stores=(elsewhere,)), **self._guests())

    def try_later(self) -> None:
        """Come while the shop is away, which it stays."""
        self._bring(self.serve(**SETTINGS, magento_url="http://127.0.0.1:9"), **self._guests())

    def _guests(self) -> dict[str, str]:
        return {"quote_id": self.shop.guest_quote(("ITEM-01", 1))}

    def _bring(self, poq: Poq | None = None, **form: str) -> None:
        self.web_view.post(f"{(poq or self.poq).url}/enter", form)
        self.web_view.page.wait_for_url("**/enter")
        self.web_view.page.wait_for_load_state()

    def _open(self, url: str) -> None:
        self.web_view.page.goto(url)

    def _open_and_post(self, link: str) -> None:
        with self.web_view.page.expect_response(lambda answer: answer.request.method == "POST"):
            self.web_view.open(link)
        self.web_view.page.wait_for_load_state()


def _spend(link: str) -> None:
    """Let somebody else in."""
    answer = requests.post(link, allow_redirects=False, timeout=10)
    assert answer.status_code == 303
