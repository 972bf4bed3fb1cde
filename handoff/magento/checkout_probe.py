"""The shop's checkout: whether it takes a quote, and why it does not.

Checkout sends shoppers back to the cart page for reasons that no API tells: guests may not buy,
the order is too small, a line is no longer to be had, or a rule of the shop's own. So checkout
itself is asked, in a web session that is bound to the quote, before a shopper is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from handoff.deadline import Deadline
from handoff.magento.client import MagentoClient, Page
from handoff.problems import (
    CheckoutOff,
    CheckoutRefused,
    Fault,
    GuestCheckoutOff,
    LinesRefused,
    MinimumNotReached,
    Problem,
    ShopTimeout,
    ShopUnavailable,
    StoreNotServed,
)
from handoff.settings.store_views import StoreView
from handoff.urls import is_cookie_sent_to

_CART_PAGE = "/checkout/cart"
_SECTION = "/customer/section/load/?sections=cart"
_LINES = "itemsV2(pageSize: 500) { items { product { sku stock_status } errors { code } } }"
_CONFIG = "storeConfig { is_one_page_checkout_enabled }"
_GUESTS = f"query($id: String!) {{ {_CONFIG} cart(cart_id: $id) {{ {_LINES} }} }}"
_CUSTOMERS = f"{{ {_CONFIG} cart: customerCart {{ {_LINES} }} }}"


@dataclass(frozen=True, slots=True)
class Storefront:
    """Where shoppers see a store view: its address, its checkout's path, its session cookie.

    `other_hosts` are those that checkout may go on to, with a port where it is not the usual one.
    """

    url: str
    checkout_path: str
    session_cookie: str
    cookie_domain: str
    other_hosts: tuple[str, ...] = ()

    def keeps_shopper(self, location: str) -> bool:
        """Say whether a redirect leads to where the session cookie goes, or to another known host.

        One that names no host stays where it is.
        """
        try:
            parts = urlsplit(location)
        except ValueError:
            return True
        host = parts.hostname or ""
        is_known = host in self.other_hosts or parts.netloc.lower() in self.other_hosts
        return not host or is_known or is_cookie_sent_to(host, self.cookie_domain.removeprefix("."))


@dataclass(frozen=True, slots=True)
class CheckoutSession:
    """A quote as its shopper has it: the web session, and what shows it to the APIs.

    That is the masked id of a guest's quote or the token of a customer. All are credentials.
    """

    store: StoreView
    currency: str
    session_id: str = field(repr=False)
    masked_id: str | None = field(repr=False)
    token: str | None = field(repr=False)


class CheckoutInconclusive(Exception):
    """Checkout gave no answer that says yes or no; `reason` is a word for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CheckoutProbe:
    """Asks the shop's checkout, in the place of a shopper."""

    def __init__(
        self, client: MagentoClient, storefront_of: Callable[[StoreView], Storefront]
    ) -> None:
        self._client = client
        self._storefront_of = storefront_of

    def takes(self, shopper: CheckoutSession, *, deadline: Deadline) -> bool:
        """Say whether checkout opens, and does not send the shopper back to the cart page.

        Raises StoreNotServed where it is on a host that the shopper's session does not reach, and
        NotAsked where it answers anything else, or nothing.
        """
        storefront = self._storefront_of(shopper.store)
        try:
            page = self._page("HEAD", storefront.checkout_path, shopper, deadline)
        except ShopTimeout:
            raise CheckoutInconclusive("timeout") from None
        except ShopUnavailable:
            raise CheckoutInconclusive("unreachable") from None
        if page.location:
            if not storefront.keeps_shopper(page.location):
                raise StoreNotServed(
                    f"The shop has checkout of the store view {shopper.store.code} on another host "
                    "than HANDOFF_STORES, where its url is missing or wrong."
                )
            if not _path(page.location).endswith(_CART_PAGE):
                raise CheckoutInconclusive("redirected_elsewhere")
            return False
        if page.status != HTTPStatus.OK:
            raise CheckoutInconclusive(f"status_{page.status}")
        return True

    def refusal(self, shopper: CheckoutSession, *, deadline: Deadline) -> Problem:
        """Find out why checkout does not take a quote; CheckoutRefused where that is not to be had.

        Nothing here depends on the shop's language.
        """
        try:
            return self._reason(shopper, deadline) or CheckoutRefused()
        except (ShopUnavailable, ShopTimeout):
            return CheckoutRefused()

    def _reason(self, shopper: CheckoutSession, deadline: Deadline) -> Problem | None:
        section = _section(self._page("GET", _SECTION, shopper, deadline))
        if section.get("summary_count") == 0:
            return CheckoutRefused("The shop does not find the quote in the web session for it.")
        if section.get("possible_onepage_checkout") is False:
            return self._switched_off_or_lines(shopper, deadline)
        if shopper.token is None and section.get("isGuestCheckoutAllowed") is False:
            return GuestCheckoutOff()
        cart_page = self._page("GET", f"{_CART_PAGE}/", shopper, deadline)
        return MinimumNotReached() if _is_too_small(cart_page) else None

    def _switched_off_or_lines(
        self, shopper: CheckoutSession, deadline: Deadline
    ) -> Problem | None:
        answer = self._client.graphql(
            _GUESTS if shopper.token is None else _CUSTOMERS,
            {"id": shopper.masked_id} if shopper.token is None else {},
            store=shopper.store.code,
            token=shopper.token,
            currency=shopper.currency,
            deadline=deadline,
        )
        try:
            if answer.body["data"]["storeConfig"]["is_one_page_checkout_enabled"] is False:
                return CheckoutOff()
            faults = tuple(_faults(answer.body["data"]["cart"]["itemsV2"]["items"]))
        except (KeyError, TypeError, IndexError):
            return None
        return LinesRefused(faults=faults) if faults else None

    def _page(self, method: str, path: str, shopper: CheckoutSession, deadline: Deadline) -> Page:
        storefront = self._storefront_of(shopper.store)
        # In another store view checkout would write the quote's total anew in that one's currency.
        cookies = {storefront.session_cookie: shopper.session_id, "store": shopper.store.code}
        return self._client.page(
            method, f"{storefront.url}{path}", cookies=cookies, deadline=deadline
        )


def _path(location: str) -> str:
    try:
        return urlsplit(location).path.rstrip("/")
    except ValueError:
        return ""


def _section(page: Page) -> dict[str, Any]:
    """Return what the shop tells its own scripts about the cart of a session."""
    try:
        section = json.loads(page.body)["cart"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return {}
    return section if isinstance(section, dict) else {}


def _faults(items: list[Any]) -> Iterator[Fault]:
    """Name the lines with errors. The words of the errors are the shop's; the codes are not."""
    for item in items:
        codes = {error["code"] for error in item["errors"] or ()}
        if codes:
            sku = str(item["product"]["sku"])
            is_sold_out = item["product"]["stock_status"] == "OUT_OF_STOCK"
            yield _fault(sku, codes, is_sold_out=is_sold_out)


def _fault(sku: str, codes: set[str], *, is_sold_out: bool) -> Fault:
    if is_sold_out:
        return Fault("unavailable", "This item is not to be had at present.", sku=sku)
    if codes & {"ITEM_QTY", "ITEM_INCREMENTS"}:
        return Fault("quantity_unavailable", "The shop does not sell this quantity.", sku=sku)
    return Fault("refused", "The shop refuses this line.", sku=sku)


def _is_too_small(cart_page: Page) -> bool:
    """Say whether the cart page shows the way to checkout, but shut.

    Magento leaves that button out for other reasons, and disables it for this one only.
    """
    reader = _ButtonReader()
    reader.feed(cart_page.body.decode("utf-8", "replace"))
    return reader.is_disabled


class _ButtonReader(HTMLParser):
    is_disabled = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("data-role") == "proceed-to-checkout" and "disabled" in given:
            self.is_disabled = True
