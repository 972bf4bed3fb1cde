"""The reason why checkout sends a shopper back to the cart page.

Checkout does not give the reason. The data for the shop's own scripts, GraphQL and the cart page
show it, in any language of the shop.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from handoff.deadline import Deadline
from handoff.magento.checkout_probe import CART_PAGE, CheckoutProbe, ShopperSession
from handoff.magento.http_transport import NoResponse
from handoff.magento.quote_models import Quote
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
)

_CART_SECTION = "/customer/section/load/?sections=cart"
_LINES = "itemsV2(pageSize: 500) { items { product { sku stock_status } errors { code } } }"
_CONFIG = "storeConfig { is_one_page_checkout_enabled }"
_GUEST_QUERY = f"query($id: String!) {{ {_CONFIG} cart(cart_id: $id) {{ {_LINES} }} }}"
_CUSTOMER_QUERY = f"{{ {_CONFIG} cart: customerCart {{ {_LINES} }} }}"


def explain_checkout_refusal(
    probe: CheckoutProbe,
    session: ShopperSession,
    quote: Quote,
    token: str | None,
    *,
    deadline: Deadline,
) -> Problem:
    """Return the reason why checkout does not accept a quote, CheckoutRefused if none is found.

    `session` is the session that opened checkout, and `token` belongs to the quote's customer.
    """
    try:
        finder = _RefusalFinder(probe, session, quote, token, deadline)
        return finder.find_reason() or CheckoutRefused()
    except (ShopUnavailable, ShopTimeout, NoResponse):
        return CheckoutRefused()


def parse_cart_section(body: bytes) -> dict[str, Any]:
    """Return the shop's data for its own scripts about the cart of a session, or an empty dict.

    `summary_count` is 0 if the session has no quote, `possible_onepage_checkout` False if checkout
    is off or a line has an error, `isGuestCheckoutAllowed` False if guests may not buy.
    """
    try:
        section = json.loads(body)["cart"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return {}
    return section if isinstance(section, dict) else {}


@dataclass(frozen=True, slots=True)
class _RefusalFinder:
    probe: CheckoutProbe
    session: ShopperSession
    quote: Quote
    token: str | None
    deadline: Deadline

    def find_reason(self) -> Problem | None:
        section = parse_cart_section(self._fetch_page_body(_CART_SECTION))
        if section.get("summary_count") == 0:
            return CheckoutRefused("The shop does not find the quote in the web session for it.")
        if section.get("possible_onepage_checkout") is False:
            return self._find_switch_or_lines()
        if self.token is None and section.get("isGuestCheckoutAllowed") is False:
            return GuestCheckoutOff()
        is_too_small = _has_disabled_button(self._fetch_page_body(f"{CART_PAGE}/"))
        return MinimumNotReached() if is_too_small else None

    def _find_switch_or_lines(self) -> Problem | None:
        """Return CheckoutOff, or LinesRefused with the lines that have an error."""
        answer = self.probe.client.graphql(
            _GUEST_QUERY if self.token is None else _CUSTOMER_QUERY,
            {"id": self.quote.masked_id} if self.token is None else {},
            store=self.session.site.store_code,
            token=self.token,
            currency=self.quote.currency,
            deadline=self.deadline,
        )
        try:
            if answer.body["data"]["storeConfig"]["is_one_page_checkout_enabled"] is False:
                return CheckoutOff()
            faults = tuple(_find_line_faults(answer.body["data"]["cart"]["itemsV2"]["items"]))
        except (KeyError, TypeError, IndexError):
            return None
        return LinesRefused(faults=faults) if faults else None

    def _fetch_page_body(self, path: str) -> bytes:
        url = f"{self.session.site.storefront_url}{path}"
        page = self.probe.open_page(self.session, url, deadline=self.deadline).last
        if page.failure is not None:
            raise page.failure
        if page.response.is_truncated:
            raise ShopUnavailable
        return page.response.body


def _find_line_faults(items: list[Any]) -> Iterator[Fault]:
    """Yield a fault for each line with errors, by Magento's codes: its messages are translated."""
    for item in items:
        codes = {error["code"] for error in item["errors"] or ()}
        if codes:
            sku = str(item["product"]["sku"])
            is_sold_out = item["product"]["stock_status"] == "OUT_OF_STOCK"
            yield _build_line_fault(sku, codes, is_sold_out=is_sold_out)


def _build_line_fault(sku: str, codes: set[str], *, is_sold_out: bool) -> Fault:
    if is_sold_out:
        return Fault("unavailable", "This item is not available at present.", sku=sku)
    if codes & {"ITEM_QTY", "ITEM_INCREMENTS"}:
        return Fault("quantity_unavailable", "The shop does not sell this quantity.", sku=sku)
    return Fault("refused", "The shop refuses this line.", sku=sku)


def _has_disabled_button(cart_page: bytes) -> bool:
    """Return whether the cart page shows its button to checkout disabled.

    Magento disables the button only for a minimum order amount; for other reasons it is missing.
    """
    reader = _ButtonReader()
    reader.feed(cart_page.decode("utf-8", "replace"))
    return reader.is_disabled


class _ButtonReader(HTMLParser):
    is_disabled = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if attributes.get("data-role") == "proceed-to-checkout" and "disabled" in attributes:
            self.is_disabled = True
