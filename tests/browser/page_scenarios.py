"""A scenario for every page that a shopper can see, named after the page."""

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

from handoff.settings.store_view_models import StoreView
from tests.browser.poq_cloud import Poq
from tests.browser.web_view import POST_NOTHING, WebView
from tests.conftest import STORE, FakeClock
from tests.running_servers import RunningShop
from tests.service_calls import build_web_view_cookie

PAGES = (
    "entry_page",
    "question",
    "unknown",
    "no_page",
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

# With these the pages show everything that they can show.
SETTINGS: dict[str, Any] = {
    "shop_name": "Fern & Field",
    "app_return_url": "shopapp://bag",
    "magento_admin_username": "admin",
    "magento_admin_password": SecretStr("Admin123!"),
    "direct_entry": True,
}

_OTHER_WEBSITE = "http://localhost:8/"  # another website than 127.0.0.1; nothing listens there


@dataclass(frozen=True, slots=True)
class PageScenarios:
    """Opens each page in a web view. `ledger` is the ledger's file.

    `serve` runs another service on the same ledger, with other settings.
    """

    poq: Poq
    web_view: WebView
    shop: RunningShop
    clock: FakeClock
    ledger: Path
    serve: Callable[..., Poq]

    def open(self, page: str) -> None:
        """Open one of PAGES."""
        getattr(self, f"open_{page}")()

    def open_entry_page(self) -> None:
        """Open the entry page in a browser whose scripts cannot post forms."""
        self.web_view.page.add_init_script(POST_NOTHING)
        self.web_view.open(self.poq.request_link(("ITEM-01", 3)))
        self.web_view.page.wait_for_load_state()

    def open_question(self) -> None:
        """Follow a customer's link on another website."""
        html = f'<a href="{self.poq.transfer_customer_quote(("ITEM-01", 2))["url"]}">A bargain</a>'
        page = self.web_view.page

        def answer(route: Route) -> None:
            route.fulfill(body=html, content_type="text/html")

        page.route(_OTHER_WEBSITE, answer)
        page.goto(_OTHER_WEBSITE)
        page.get_by_role("link").tap()
        page.wait_for_url("**/h/*")
        page.wait_for_load_state()

    def open_unknown(self) -> None:
        self._open_url(f"{self.poq.url}/h/nothing")

    def open_no_page(self) -> None:
        self._open_url(f"{self.poq.url}/")

    def open_expired(self) -> None:
        link = self.poq.request_link()
        self.clock.advance(seconds=301)
        self._open_url(link)

    def open_used(self) -> None:
        link = self.poq.request_link()
        _use_link(link)
        self._open_url(link)

    def open_ordered(self) -> None:
        masked_id = self.shop.create_guest_quote(("ITEM-01", 1))
        link = self.poq.transfer(quote_id=masked_id)["url"]
        _use_link(link)
        self.shop.place_order(f"guest-carts/{masked_id}")
        self._open_url(link)

    def open_superseded(self) -> None:
        older = self.poq.transfer_customer_quote(("ITEM-01", 1))["url"]
        self.poq.transfer_customer_quote(("ITEM-01", 2))
        self._open_url(older)

    def open_unavailable(self) -> None:
        """Open a link without the session store, until clean_up() is called."""
        link = self.poq.request_link()
        self.shop.sessions.rename(self.shop.sessions.with_name("away"))
        self._open_and_post(link)

    def clean_up(self) -> None:
        """Restore the session store."""
        away = self.shop.sessions.with_name("away")
        if away.exists():
            away.rename(self.shop.sessions)

    def open_fault(self) -> None:
        """Open a link for a store view that is no longer in the settings."""
        link = self.poq.request_link()
        with closing(sqlite3.connect(self.ledger)) as connection, connection:
            connection.execute("UPDATE handoff SET store_code = 'gone'")
        self._open_and_post(link)

    def open_paused(self) -> None:
        paused = self.serve(**SETTINGS, paused=True)
        self._open_url(self.poq.request_link().replace(self.poq.url, paused.url))

    def open_too_many(self) -> None:
        strict = self.serve(**SETTINGS, refusals_per_minute=1)
        requests.get(f"{strict.url}/h/nothing", timeout=10)
        self._open_url(f"{strict.url}/h/nothing")

    def open_incomplete(self) -> None:
        self._post_form()

    def open_signed_out(self) -> None:
        self._post_form(quote_id="4", token_id="expired")

    def open_forced(self) -> None:
        """Let another website post the form of direct entry."""
        form = f'<form method="post" action="{self.poq.url}/enter"></form>'
        page = self.web_view.page

        def answer(route: Route) -> None:
            script = "<script>document.forms[0].submit()</script>"
            route.fulfill(body=form + script, content_type="text/html")

        page.route(_OTHER_WEBSITE, answer)
        page.goto(_OTHER_WEBSITE, wait_until="commit")
        page.wait_for_url("**/enter")
        page.wait_for_load_state()

    def open_bag_unknown(self) -> None:
        self._post_form(quote_id="x" * 32)

    def open_empty(self) -> None:
        self._post_form(quote_id=self.shop.create_guest_quote())

    def open_refused(self) -> None:
        """Post a quote of a store view that is not in the settings."""
        elsewhere = StoreView(**{**STORE, "store_id": 9})
        self._post_form(self.serve(**SETTINGS, stores=(elsewhere,)), **self._make_guest_form())

    def open_try_later(self) -> None:
        """Post a quote to a service that cannot reach the shop."""
        self._post_form(
            self.serve(**SETTINGS, magento_url="http://127.0.0.1:9"), **self._make_guest_form()
        )

    def _make_guest_form(self) -> dict[str, str]:
        return {"quote_id": self.shop.create_guest_quote(("ITEM-01", 1))}

    def _post_form(self, poq: Poq | None = None, **form: str) -> None:
        self.web_view.post(f"{(poq or self.poq).url}/enter", form)
        self.web_view.page.wait_for_url("**/enter")
        self.web_view.page.wait_for_load_state()

    def _open_url(self, url: str) -> None:
        self.web_view.page.goto(url)

    def _open_and_post(self, link: str) -> None:
        with self.web_view.page.expect_response(lambda answer: answer.request.method == "POST"):
            self.web_view.open(link)
        self.web_view.page.wait_for_load_state()


def _use_link(link: str) -> None:
    """Use the link as another web view."""
    cookie = build_web_view_cookie(link)
    answer = requests.post(link, cookies=cookie, allow_redirects=False, timeout=10)
    assert answer.status_code == 303
