"""The state of the stand-in shop."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock

from flask import current_app, g, request

from handoff_sandbox.access_tokens import AccessTokens
from handoff_sandbox.accounts import ShopAccounts, ShopCustomer, create_accounts
from handoff_sandbox.catalogue import Catalogue
from handoff_sandbox.checkout_rules import CheckoutRules
from handoff_sandbox.cookie_writer import CookieWriter
from handoff_sandbox.formats import Clock
from handoff_sandbox.magento_version import MagentoVersion
from handoff_sandbox.oauth_integration import ShopIntegration
from handoff_sandbox.orders import OrderTable
from handoff_sandbox.php_sessions import PhpSessionFiles
from handoff_sandbox.quotes import QuoteTable
from handoff_sandbox.store_views import ShopView, ShopViews
from handoff_sandbox.stored_visitors import VisitorTable


@dataclass(slots=True)
class SandboxShop:
    """The whole state of the shop. Hold `lock` while using it.

    `head_includes` is HTML at the end of every page's head: Magento's setting "Scripts and Style
    Sheets".
    """

    views: ShopViews
    clock: Clock
    sessions: PhpSessionFiles
    catalogue: Catalogue
    accounts: ShopAccounts
    tokens: AccessTokens
    quotes: QuoteTable
    orders: OrderTable
    visitors: VisitorTable
    integration: ShopIntegration
    rules: CheckoutRules = field(default_factory=CheckoutRules)
    version: MagentoVersion = MagentoVersion.V2_4_7
    shared_accounts: bool = False
    cookie_domain: str | None = None
    with_demo_content: bool = False
    head_includes: str = ""
    lock: RLock = field(default_factory=RLock)

    @property
    def url(self) -> str:
        """The URL of the default store view."""
        return self.views.first.url

    @property
    def cookies(self) -> CookieWriter:
        """A writer of cookies for the configured domain, else for the host of the request."""
        host = self.views.first.host
        if len(self.views.all) > 1:
            host = request.host.partition(":")[0]
        return CookieWriter(self.cookie_domain or host, self.url.startswith("https:"), self.clock)

    def get_account_key(self, view: ShopView) -> str:
        """Return the name under which a session holds the customer."""
        return "customer" if self.shared_accounts else f"customer_{view.website.code}"

    def is_account_valid(self, customer: ShopCustomer, view: ShopView) -> bool:
        """Return whether a customer's account is valid in the website of a store view."""
        return self.shared_accounts or customer.website == view.website.number


def create_sandbox_shop(
    *,
    views: ShopViews,
    session_path: Path,
    clock: Clock,
    catalogue: Catalogue,
    shared_accounts: bool,
    cookie_domain: str | None,
) -> SandboxShop:
    """Create a shop with a catalogue and the recorded accounts, but without quotes and orders."""
    session_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return SandboxShop(
        views=views,
        clock=clock,
        sessions=PhpSessionFiles(session_path),
        catalogue=catalogue,
        accounts=create_accounts(clock, websites=len({view.website.number for view in views.all})),
        tokens=AccessTokens(clock),
        quotes=QuoteTable(clock, views.first),
        orders=OrderTable(clock),
        visitors=VisitorTable(clock),
        integration=ShopIntegration(clock),
        shared_accounts=shared_accounts,
        cookie_domain=cookie_domain,
    )


def get_current_shop() -> SandboxShop:
    """Return the shop of the running Flask application."""
    shop = current_app.extensions["sandbox"]
    if not isinstance(shop, SandboxShop):
        raise TypeError("this app was not made by create_shop")
    return shop


def get_current_view() -> ShopView:
    """Return the store view of the running request."""
    view = g.get("view", get_current_shop().views.first)
    if not isinstance(view, ShopView):
        raise TypeError("no store view")
    return view
