from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock

from flask import current_app, g, request

from handoff_sandbox.catalogue import Catalogue
from handoff_sandbox.clock import Clock
from handoff_sandbox.cookies import Cookies
from handoff_sandbox.orders import Orders
from handoff_sandbox.people import Customer, People, lab_people
from handoff_sandbox.quotes import Quotes
from handoff_sandbox.rules import Rules
from handoff_sandbox.scopes import View, Views
from handoff_sandbox.sessions import SessionFiles
from handoff_sandbox.tokens import Tokens


@dataclass(slots=True)
class Shop:
    """Everything that the stand-in shop knows; hold `lock` while touching it."""

    views: Views
    clock: Clock
    sessions: SessionFiles
    catalogue: Catalogue
    people: People
    tokens: Tokens
    quotes: Quotes
    orders: Orders
    rules: Rules = field(default_factory=Rules)
    shared_accounts: bool = False
    cookie_domain: str | None = None
    dressed: bool = False
    lock: RLock = field(default_factory=RLock)

    @property
    def url(self) -> str:
        return self.views.first.url

    @property
    def cookies(self) -> Cookies:
        """Write cookies for the domain of the settings, else for the host that was asked."""
        host = self.views.first.host
        if len(self.views.listed) > 1:
            host = request.host.partition(":")[0]
        return Cookies(self.cookie_domain or host, self.url.startswith("https:"), self.clock)

    def account_key(self, view: View) -> str:
        """Give the name under which a session holds who is logged in."""
        return "customer" if self.shared_accounts else f"customer_{view.website.code}"

    def serves(self, customer: Customer, view: View) -> bool:
        """Tell whether a customer's account is good in the website of a store view."""
        return self.shared_accounts or customer.website == view.website.number


def open_shop(
    *,
    views: Views,
    session_path: Path,
    clock: Clock,
    catalogue: Catalogue,
    shared_accounts: bool,
    cookie_domain: str | None,
) -> Shop:
    """Open the shop with a catalogue and the recorded one's accounts; nobody is in it yet."""
    session_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Shop(
        views=views,
        clock=clock,
        sessions=SessionFiles(session_path),
        catalogue=catalogue,
        people=lab_people(clock, websites=len({view.website.number for view in views.listed})),
        tokens=Tokens(clock),
        quotes=Quotes(clock, views.first),
        orders=Orders(clock),
        shared_accounts=shared_accounts,
        cookie_domain=cookie_domain,
    )


def current_shop() -> Shop:
    """Give the shop that the running Flask app serves."""
    shop = current_app.extensions["sandbox"]
    if not isinstance(shop, Shop):
        raise TypeError("this app was not made by create_shop")
    return shop


def current_view() -> View:
    """Give the store view that the running request is served in."""
    view = g.get("view", current_shop().views.first)
    if not isinstance(view, View):
        raise TypeError("no store view")
    return view
