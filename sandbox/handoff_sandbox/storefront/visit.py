"""A request to the storefront: its PHP session, its store view and the cookies to answer with."""

from __future__ import annotations

import string
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from secrets import choice

from flask import g, request

from handoff_sandbox.accounts import ShopCustomer
from handoff_sandbox.php_sessions import PhpSession, encode_session, generate_session_id
from handoff_sandbox.quotes import SandboxQuote
from handoff_sandbox.shop import SandboxShop
from handoff_sandbox.store_views import Currency, ShopView


@dataclass(slots=True)
class Visit:
    """One request of a shopper.

    `cookie_view` is the store view that the cookie names, even one of another website, else that
    of the visit. `stored` is the session as its file holds it.
    """

    shop: SandboxShop
    view: ShopView
    cookie_view: ShopView
    session: PhpSession
    stored: bytes
    cookies: list[str] = field(default_factory=list)
    redirects_to_other_host: bool = False

    @property
    def account_key(self) -> str:
        """The name under which the session holds the customer."""
        return self.shop.get_account_key(self.view)

    @property
    def quote_key(self) -> str:
        """The key under which the session holds the quote's number."""
        return f"quote_id_{self.view.website.number}"

    @property
    def currency(self) -> Currency:
        """The currency that the session names if the website has it, else that of the view."""
        chosen = self.session.get_text("default", "currency_code")
        return self.view.website.find_currency(chosen) or self.view.currency

    @property
    def customer(self) -> ShopCustomer | None:
        """The customer who is logged in."""
        number = self.session.get_number(self.account_key, "customer_id")
        return None if number is None else self.shop.accounts.find_customer(number)

    def get_or_create_form_key(self) -> str:
        """Return the form key of the cookie, or without a cookie that of the session.

        A session without a form key gets a new one.
        """
        own = self.session.get_text("default", "_form_key")
        if own is None:
            own = "".join(choice(string.ascii_letters + string.digits) for _ in range(16))
            self.session.set_values("default", _form_key=own)
        return request.cookies.get("form_key") or own

    def has_posted_form_key(self, form_key: str) -> bool:
        """Return whether the posted form has this key, so that it comes from a page of the shop."""
        posted = request.form.get("form_key", "")
        return compare_digest(posted.encode(), form_key.encode())

    def refresh_quote(self) -> SandboxQuote | None:
        """Keep the quote that this session may check out, remove any other from it, and return it.

        A quote in another currency than the page's is priced again and moves to this store view.
        """
        quotes = self.shop.quotes
        number = self.session.get_number("checkout", self.quote_key)
        quote = None if number is None else quotes.find_active(number)
        if quote is not None and quote.customer not in (None, self.customer):
            quote = None
        if quote is None and self.customer is not None:
            quote = quotes.find_active_of_customer(self.customer, self.view.website)
        if (quote.number if quote else None) != number:
            self.set_quote(quote)
        if quote is not None and quote.currency != self.currency:
            quotes.move_to_view(quote, self.view, self.currency)
        return quote

    def set_quote(self, quote: SandboxQuote | None) -> None:
        """Write a quote's number into the session, or remove the number."""
        number = None if quote is None else str(quote.number)
        self.session.set_values("checkout", **{self.quote_key: number})

    def compute_vary(self) -> str | None:
        """Return the hash for a page that differs from what most shoppers see, else None."""
        if self.redirects_to_other_host:
            return None
        default = self.shop.views.first
        chosen = self.session.get_text("default", "currency_code")
        currency = self.cookie_view.website.find_currency(chosen) or self.cookie_view.currency
        differences = {
            "customer_logged_in": "1" if self.customer else None,
            "store": self.cookie_view.code if self.cookie_view != default else None,
            "current_currency": currency.code if currency != default.currency else None,
        }
        parts = sorted(f"{name}={value}" for name, value in differences.items() if value)
        return sha256("&".join(parts).encode()).hexdigest() if parts else None

    def regenerate_session_id(self) -> None:
        """Continue under a new session id. As in PHP the old session stays as it was."""
        self.shop.sessions.save(self.session)
        self.session = PhpSession(generate_session_id(), dict(self.session.raw))
        self.stored = b""

    def save_session(self) -> None:
        """Write the session file if the session has changed."""
        if encode_session(self.session.raw) != self.stored:
            self.shop.sessions.save(self.session)


def get_current_visit() -> Visit:
    """Return the visit of the running request."""
    visit = g.visit
    if not isinstance(visit, Visit):
        raise TypeError("no session was opened for this request")
    return visit
