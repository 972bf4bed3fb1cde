"""Trial of a session that the shop's own pages make: does checkout show the bag in it?

The service makes the session, and a web view opens it: another browser, at another address. So
the trial opens it as another browser, and finds out what a shop ties its sessions to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from handoff.bag import Bag, BagLine, normalize_sku
from handoff.deadline import Deadline
from handoff.doctor.checkout_trial import CheckoutTrial, CheckoutTrialOutcome
from handoff.doctor.doctor_shop_client import DoctorShopClient
from handoff.doctor.trial_carts import RestCart
from handoff.doctor.trial_sessions import open_page_with_session
from handoff.magento.client import MagentoClient
from handoff.magento.page_data import CART_SECTION, parse_cart_section
from handoff.magento.quotes import Quotes
from handoff.problems import Problem
from handoff.settings.store_view_models import StoreView
from handoff.shop_client_factory import build_magento_client
from handoff.shop_session_factory import build_session_builder
from handoff.storefront_session.product_numbers import NumberedProduct, ProductNumbers
from handoff.storefront_session.storefront_browser import StorefrontBrowser
from handoff.transfer.quote_resolver import QuoteResolver
from handoff.transfer.request_parser import BagTransfer
from handoff.url_validation import is_loopback

_OTHER_ADDRESS = "127.0.0.2"  # a second address of a machine on which the shop itself runs

_TIES: dict[str, dict[str, str]] = {
    "web/session/use_http_user_agent": {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0)"},
    "web/session/use_http_via": {"Via": "1.1 handoff-doctor.example"},
    "web/session/use_http_x_forwarded_for": {"X-Forwarded-For": "192.0.2.1"},
}
"""The settings that tie sessions to a header, with another value of it."""


def try_storefront_checkout(
    shop: DoctorShopClient, store: StoreView, cart: RestCart, sku: str
) -> CheckoutTrial:
    """Make a session with one product as a transfer does, and open checkout as another browser.

    `cart` holds the same product: it can be bought.
    """
    try:
        session_id = _create_storefront_session(shop, store, sku)
    except Problem as problem:
        outcome = CheckoutTrialOutcome.STOREFRONT_UNUSABLE
        return CheckoutTrial(outcome, cart, problem=problem.detail)
    pages = open_page_with_session(shop, store, session_id)
    is_shown = any(sku in page.response.text for page in pages)
    outcome = CheckoutTrialOutcome.BAG_IN_STOREFRONT_SESSION
    return CheckoutTrial(outcome if is_shown else CheckoutTrialOutcome.SESSION_TIED, cart, pages)


def find_session_ties(shop: DoctorShopClient, store: StoreView, cart: RestCart) -> Iterator[str]:
    """Yield the shop's settings that end a session if another browser or address opens it.

    `cart` holds the product for the sessions. Raises Problem if no session can be made.
    """
    trial = _SessionTieTrial(shop, store, _read_numbered_product(shop, store, cart))
    for setting, headers in _TIES.items():
        if not trial.try_session_in_other_browser(shop.client, headers):
            yield setting
    if has_second_address(shop):
        other = build_magento_client(shop.settings, source_address=_OTHER_ADDRESS)
        if not trial.try_session_in_other_browser(other, {}):
            yield "web/session/use_remote_addr"


def has_second_address(shop: DoctorShopClient) -> bool:
    """Return whether this machine reaches the shop from two addresses."""
    return is_loopback(urlsplit(shop.settings.magento_url).hostname or "")


@dataclass(frozen=True, slots=True)
class _SessionTieTrial:
    shop: DoctorShopClient
    store: StoreView
    product: NumberedProduct

    def try_session_in_other_browser(
        self, client: MagentoClient, headers: Mapping[str, str]
    ) -> bool:
        """Make a session and return whether another client with these headers sees its cart."""
        site = self.shop.settings.build_store_site(self.store)
        maker = StorefrontBrowser(self.shop.client, site, _get_deadline(self.shop))
        maker.try_to_add_to_cart(self.product, 1)
        self.shop.undo_stack.record_leftover(", left to expire", thing="guest session")
        session_id = maker.session.session_id
        other = StorefrontBrowser(client, site, _get_deadline(self.shop), session_id)
        page = other.open_page(f"{site.storefront_url}{CART_SECTION}", headers)
        return bool(parse_cart_section(page.response.body).get("summary_count"))


def _create_storefront_session(shop: DoctorShopClient, store: StoreView, sku: str) -> str:
    client, settings = shop.client, shop.settings
    quotes = QuoteResolver(Quotes(client), settings.store_views, None)
    builder = build_session_builder(client, quotes, settings)
    if builder is None:
        raise ValueError("the settings name a session store")
    bag = Bag((BagLine(sku, Decimal(1)),), store.currency)
    transfer = BagTransfer(bag, "handoff doctor", store)
    shop.undo_stack.record_leftover(", in a session that is left to expire", thing="guest cart")
    return builder.create_filled_session(transfer, _get_deadline(shop)).session.session_id


def _read_numbered_product(
    shop: DoctorShopClient, store: StoreView, cart: RestCart
) -> NumberedProduct:
    client, deadline = shop.client, _get_deadline(shop)
    quote = Quotes(client).fetch_guest_quote(cart.masked_id, deadline=deadline)
    products = ProductNumbers(client).fetch_from_quote(quote, store=store, deadline=deadline)
    return products[normalize_sku(cart.sku or "")]


def _get_deadline(shop: DoctorShopClient) -> Deadline:
    return Deadline.after(min(shop.settings.magento_timeout, shop.deadline.remaining))
