"""A browser without scripts, whose cookies a test can see and set."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from handoff_sandbox.phone.visitors import GUEST_ADDRESS, PAGE_ACCEPT
from handoff_sandbox.quotes import SandboxQuote
from handoff_sandbox.shop import SandboxShop
from werkzeug.http import parse_cookie
from werkzeug.test import TestResponse


@dataclass(slots=True)
class ScriptlessBrowser:
    """A browser without scripts, whose cookies a test can see and set."""

    client: FlaskClient
    cookies: dict[str, str] = field(default_factory=lambda: {"form_key": "a" * 16})

    def get(self, path: str) -> TestResponse:
        return self._keep(self.client.get(path, headers=self._headers()))

    def post(self, path: str, **fields: str) -> TestResponse:
        form = {"form_key": self.cookies.get("form_key", ""), **fields}
        return self._keep(self.client.post(path, data=form, headers=self._headers()))

    def add(self, product: int, qty: int = 1) -> TestResponse:
        return self.post("/checkout/cart/add", product=str(product), qty=str(qty))

    def log_in(self, email: str) -> TestResponse:
        fields = {"login[username]": email, "login[password]": "Shopper123!"}
        return self.post("/customer/account/loginPost/", **fields)

    def place_order(self, **changes: str) -> TestResponse:
        return self.post("/checkout/placeorder/", **(GUEST_ADDRESS | changes))

    def _headers(self) -> dict[str, str]:
        sent = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Accept": PAGE_ACCEPT, "Cookie": sent}

    def _keep(self, response: TestResponse) -> TestResponse:
        for line in response.headers.getlist("Set-Cookie"):
            name, value = next(iter(parse_cookie(line.partition(";")[0]).items()))
            self.cookies[name] = value
            if "Max-Age=0;" in line:
                del self.cookies[name]
        return response


def get_link_path(response: TestResponse) -> str:
    return urlsplit(response.location or "").path


def create_quote(shop: SandboxShop, *skus: str) -> SandboxQuote:
    """Make a guest's quote that holds one of each."""
    quote = shop.quotes.create_for_guest()
    for sku in skus:
        product = shop.catalogue.find_by_sku(sku)
        assert product is not None
        shop.quotes.add_product(quote, product, Decimal(1))
    return quote
