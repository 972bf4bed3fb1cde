"""The web view of a phone, with what a shopper does and sees in it."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from urllib.parse import urljoin

from playwright.sync_api import Page, Response, Route, expect

from tests.browser.poq_cloud import Instruction

ADDRESS = {
    "firstname": "Gina",
    "lastname": "Guest",
    "street": "1 High Street",
    "city": "London",
    "postcode": "SW1A 1AA",
    "telephone": "02070000000",
}
EMAIL = "gina@example.com"

POST_NOTHING = "HTMLFormElement.prototype.submit = () => {};"

_POST = """([action, fields]) => {
  const form = Object.assign(document.createElement("form"), { action, method: "post" });
  for (const [name, value] of Object.entries(fields)) {
    form.append(Object.assign(document.createElement("input"), { name, value }));
  }
  document.body.append(form);
  form.submit();
}"""

# One call reads all, because each call passes through three processes.
_READ_CHECKOUT = """() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  return {
    lines: all("tr[data-sku]").map((row) => [
      row.dataset.sku, all(".qty", row).map((each) => each.innerText),
    ]),
    totals: all(".grand-total").map((each) => each.innerText),
    fields: all("[data-checkout] input:not([type=hidden])").map((each) => [each.name, each.value]),
  };
}"""


@dataclass(frozen=True, slots=True)
class Checkout:
    """The contents of the shop's checkout page. `skus` are all skus anywhere in its HTML."""

    lines: dict[str, int]
    total: str
    skus: set[str]
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class WebView:
    """Chromium as a phone, with cookies of its own."""

    page: Page
    shop: str

    def follow(self, instruction: Instruction) -> None:
        """Open an instruction as an app does: with its method and body, and without a referrer."""
        url = str(instruction["url"])
        sent = {header["name"]: header["value"] for header in instruction.get("headers", ())}
        if instruction["method"] == "POST":
            sent["Content-Type"] = "application/x-www-form-urlencoded"

        def send(route: Route) -> None:
            headers, body = route.request.headers | sent, instruction.get("body")
            route.continue_(method=instruction["method"], headers=headers, post_data=body)

        self.page.route(url, send, times=1)
        self.open(url)

    def post(self, url: str, form: dict[str, str]) -> None:
        """Post a form from a page that an app has loaded with the service as its base URL."""
        self.page.goto(urljoin(url, "healthz"))
        self.page.evaluate(_POST, [url, form])

    def open(self, url: str) -> Response | None:
        """Open a URL. The page may post itself before it has loaded."""
        return self.page.goto(url, wait_until="commit")

    def open_up_to_checkout(self, link: str) -> None:
        """Open a link and stop before the shop answers, so that it cannot replace our cookies."""
        stopped: list[object] = []
        line = self.page.context.new_cdp_session(self.page)
        line.on("Fetch.requestPaused", lambda request: stopped.append(request))
        # From a sibling host, the redirect goes through the shop's store switcher.
        ways = ("/checkout/", "/stores/store/switch/*")
        patterns = [{"urlPattern": f"{self.shop}{way}"} for way in ways]
        line.send("Fetch.enable", {"patterns": patterns})
        self.open(link)
        until = time.monotonic() + 60
        while not stopped:
            assert time.monotonic() < until
            self.page.wait_for_timeout(20)

    def tap(self, name: str) -> None:
        """Tap a button or a link."""
        button = self.page.get_by_role("button", name=name, exact=True)
        button.or_(self.page.get_by_role("link", name=name, exact=True)).tap()

    def sees(self, words: str) -> None:
        """Wait until the heading of the page has this text."""
        expect(self.page.locator("h1")).to_have_text(words)

    def checkout(self) -> Checkout:
        """Wait for the shop's checkout and return its contents."""
        self.page.wait_for_url(f"{self.shop}/checkout/")
        self.sees("Checkout")
        found = self.page.evaluate(_READ_CHECKOUT)
        [total] = found["totals"]
        return Checkout(
            lines={sku: int(quantity) for sku, [quantity] in found["lines"]},
            total=total,
            skus=set(re.findall(r"ITEM-\w+", self.page.content())),
            fields=dict(found["fields"]),
        )

    def fill_in(self, address: dict[str, str] | None = None, email: str = EMAIL) -> None:
        """Fill in the address, and the email address if checkout asks a guest for one."""
        if self.page.locator("[name=email]").count():
            self.page.fill("[name=email]", email)
        for name, value in (address or ADDRESS).items():
            self.page.fill(f"[name={name}]", value)

    def buy(self) -> str:
        """Fill in checkout, place the order and return its number."""
        self.fill_in()
        self.tap("Place Order")
        self.sees("Thank you for your purchase!")
        return self.page.locator(".order-number").inner_text()

    def add(self, sku: str) -> None:
        """Add a product on the shop's own home page."""
        self.page.goto(f"{self.shop}/")
        self.page.locator(".products li", has_text=sku).get_by_role("button").tap()
        expect(self.page.locator(".messages")).to_contain_text("You added")

    def log_in(self, email: str) -> None:
        """Log in on the shop's own page."""
        self.page.goto(f"{self.shop}/customer/account/login/")
        self.page.fill("[name='login[username]']", email)
        self.page.fill("[name='login[password]']", "Shopper123!")
        self.tap("Sign In")
        self.sees("My Account")

    def session_cookies(self) -> list[str]:
        """Return the values of the shop's session cookies; there should be one."""
        cookies = self.page.context.cookies(self.shop)
        return [cookie.get("value", "") for cookie in cookies if cookie.get("name") == "PHPSESSID"]
