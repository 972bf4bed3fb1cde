"""The ways of a shopper from the tap on Checkout to the checkout page: with the service, and by a
script that makes the same cart and session without it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from itertools import count
from typing import Any, Protocol

import requests

from benchmarks.clients.raw_http import HOST
from benchmarks.options import ShopUnderTest
from benchmarks.servers.handoff_service import KEY
from handoff.settings.session_store_url import SessionStoreAccess, SessionStoreUrl
from handoff.shop_session.session_contents import SessionContents, SessionLogin
from handoff.shop_session.store import create_session, open_session_store

_TIMEOUT = 60  # seconds
_PAGE = {"Accept": "text/html,*/*;q=0.8", "User-Agent": "Mozilla/5.0"}
_BUILD_CART = """
mutation($id: String!, $items: [CartItemInput!]!) {
  createEmptyCart(input: {cart_id: $id})
  addProductsToCart(cartId: $id, cartItems: $items) {
    cart { items { quantity product { sku } } }
    user_errors { code }
  }
}"""
_reference_numbers = count(1)


@dataclass(frozen=True, slots=True)
class ShopperQuote:
    """The quote of a transfer: skus of a bag, or the id of a quote and the customer's token."""

    skus: tuple[str, ...] = ()
    quote_id: str = ""
    token: str | None = None

    def as_transfer(self) -> dict[str, Any]:
        """Return the body of the transfer."""
        reference = f"tap-{next(_reference_numbers)}"
        if self.token:
            return {"quote_id": self.quote_id, "token_id": self.token, "reference": reference}
        if self.quote_id:
            return {"quote_id": self.quote_id, "reference": reference}
        items = [{"sku": sku, "quantity": 1} for sku in self.skus]
        return {"items": items, "currency": "GBP", "reference": reference}


class Journey(Protocol):
    """A way to the checkout page."""

    def open_checkout(self, quote: ShopperQuote) -> dict[str, float]:
        """Open checkout with a quote and return the milliseconds of each step."""


class Stopwatch:
    """Measures the steps of a journey in milliseconds."""

    def __init__(self) -> None:
        self.steps: dict[str, float] = {}
        self._started = time.perf_counter()

    def end_step(self, name: str) -> None:
        """Add the time since the step before to the time of this step."""
        now = time.perf_counter()
        self.steps[name] = self.steps.get(name, 0) + (now - self._started) * 1000
        self._started = now


class HandoffJourney:
    """Transfers at a running service, uses the link and follows it to checkout."""

    def __init__(self, port: int) -> None:
        self._url = f"http://{HOST}:{port}"
        self._poq = _open_client(keep_cookies=False)

    def open_checkout(self, quote: ShopperQuote) -> dict[str, float]:
        """Open checkout with a quote and return the milliseconds of each step."""
        with _open_client(keep_cookies=True) as web_view:
            web_view.get(f"{self._url}/healthz", timeout=_TIMEOUT)  # opens the connection
            watch = Stopwatch()
            transfer = self._poq.post(
                f"{self._url}/api/cart-transfer",
                json=quote.as_transfer(),
                headers={"Authorization": KEY},
                timeout=_TIMEOUT,
            )
            assert transfer.status_code == 200, transfer.text
            watch.end_step("transfer")
            link = transfer.json()["url"]
            web_view.get(link, timeout=_TIMEOUT).raise_for_status()
            watch.end_step("page")
            used = web_view.post(link, allow_redirects=False, timeout=_TIMEOUT)
            assert used.status_code == 303, used.text
            watch.end_step("post")
            _open_checkout_page(web_view, used.headers["Location"])
            watch.end_step("checkout")
        return watch.steps


class ScriptJourney:
    """Makes the cart and the session without the service, and opens checkout."""

    def __init__(self, shop: ShopUnderTest) -> None:
        self._shop = shop
        self._client = _open_client(keep_cookies=False)
        self._sessions = open_session_store(
            SessionStoreUrl.parse(shop.sessions), SessionStoreAccess(), lifetime=600
        )

    def create_quote(self, skus: Sequence[str], token: str | None = None) -> ShopperQuote:
        """Make the quote that an app would hand over, of a guest or of a customer."""
        path = "carts/mine" if token else "guest-carts"
        quote_id = str(self._call("POST", f"rest/V1/{path}", token=token))
        items = "carts/mine/items" if token else f"guest-carts/{quote_id}/items"
        present = self._call("GET", f"rest/V1/{items}", token=token)
        for sku in skus[len(present) :]:  # the customer's quote may have its lines already
            body = {"cartItem": {"sku": sku, "qty": 1, "quote_id": quote_id}}
            self._call("POST", f"rest/V1/{items}", body, token=token)
        return ShopperQuote(tuple(skus), quote_id, token)

    def log_in(self, email: str, password: str) -> str:
        """Return a customer's token."""
        login = {"username": email, "password": password}
        return str(self._call("POST", "rest/V1/integration/customer/token", login))

    def open_checkout(self, quote: ShopperQuote) -> dict[str, float]:
        """Open checkout with a quote and return the milliseconds of each step."""
        with _open_client(keep_cookies=True) as web_view:
            watch = Stopwatch()
            path = "carts/mine" if quote.token else f"guest-carts/{quote.quote_id}"
            if not quote.quote_id:
                path = f"guest-carts/{self._build_cart(quote.skus)}"
                watch.end_step("graphql")
            cart = self._call("GET", f"rest/V1/{path}", token=quote.token)
            assert len(cart["items"]) == len(quote.skus), "the cart has other lines"
            watch.end_step("read")
            customer = cart.get("customer", {})
            login = (
                SessionLogin(customer["id"], customer["group_id"], "base") if quote.token else None
            )
            contents = SessionContents(cart["id"], 1, login)
            web_view.cookies.set("PHPSESSID", create_session(self._sessions, contents))
            watch.end_step("session")
            _open_checkout_page(web_view, f"{self._shop.url}/checkout/")
            watch.end_step("checkout")
        return watch.steps

    def _build_cart(self, skus: Sequence[str]) -> str:
        masked_id = secrets.token_hex(16)
        items = [{"sku": sku, "quantity": 1} for sku in skus]
        self._call(
            "POST",
            "graphql",
            {"query": _BUILD_CART, "variables": {"id": masked_id, "items": items}},
        )
        return masked_id

    def _call(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        response = self._client.request(
            method, f"{self._shop.url}/{path}", json=body, headers=headers, timeout=_TIMEOUT
        )
        response.raise_for_status()
        return response.json()


def _open_checkout_page(web_view: requests.Session, url: str) -> None:
    page = web_view.get(url, headers=_PAGE, allow_redirects=False, timeout=_TIMEOUT)
    assert page.status_code == 200, f"checkout answered {page.status_code}"


def _open_client(*, keep_cookies: bool) -> requests.Session:
    client = requests.Session()
    client.trust_env = False
    if not keep_cookies:
        client.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return client
