"""The reason why checkout sends a shopper back to the cart page.

Checkout does not give the reason. The data for the shop's own scripts, GraphQL and the cart page
show it, in any language of the shop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Annotated

from pydantic import Field, ValidationError

from handoff.deadline import Deadline
from handoff.magento.answers import ShopJsonModel
from handoff.magento.checkout_probe import CART_PAGE, CheckoutProbe, ShopSession
from handoff.magento.no_response import NoResponse
from handoff.magento.page_data import CART_SECTION, parse_cart_section
from handoff.magento.quote_models import Quote, Sku
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

_LINES = "items { product { sku stock_status } errors { code } }"
_GUEST_CART = f"cart(cart_id: $id) {{ {_LINES} }}"
_CUSTOMER_CART = f"cart: customerCart {{ {_LINES} }}"
# Magento 2.4.7 and later have this field. One unknown field makes a whole document fail.
_CHECKOUT_SWITCH = "storeConfig { is_one_page_checkout_enabled }"
_CHECKOUT_SWITCH_FIELD = "StoreConfig.is_one_page_checkout_enabled"


def explain_checkout_refusal(
    probe: CheckoutProbe,
    session: ShopSession,
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


class _LineErrorJson(ShopJsonModel):
    code: str


class _CheckedProductJson(ShopJsonModel):
    sku: Sku
    stock_status: str | None = None


class _CheckedLineJson(ShopJsonModel):
    product: _CheckedProductJson
    errors: tuple[_LineErrorJson, ...] | None = None


class _CheckedCartJson(ShopJsonModel):
    items: tuple[_CheckedLineJson | None, ...]


class _StoreConfigJson(ShopJsonModel):
    is_one_page_checkout_enabled: bool | None = None


class _CartDataJson(ShopJsonModel):
    cart: _CheckedCartJson
    store_config: Annotated[_StoreConfigJson | None, Field(alias="storeConfig")] = None


@dataclass(frozen=True, slots=True)
class _RefusalFinder:
    probe: CheckoutProbe
    session: ShopSession
    quote: Quote
    token: str | None
    deadline: Deadline

    def find_reason(self) -> Problem | None:
        section = parse_cart_section(self._fetch_page_body(CART_SECTION))
        if section.get("summary_count") == 0:
            return CheckoutRefused("The shop does not find the quote in the web session for it.")
        if section.get("possible_onepage_checkout") is False:
            return self._find_reason_by_graphql()
        if self.token is None and section.get("isGuestCheckoutAllowed") is False:
            return GuestCheckoutOff()
        return MinimumNotReached() if self._read_cart_page().has_disabled_button else None

    def _find_reason_by_graphql(self) -> Problem | None:
        """Return CheckoutOff, or LinesRefused with the lines that have an error."""
        missing = self.probe.client.missing_graphql_features
        asks_switch = not missing.is_field_missing(_CHECKOUT_SWITCH_FIELD)
        data = self._fetch_cart_data(with_switch=asks_switch)
        if data is None and asks_switch and missing.is_field_missing(_CHECKOUT_SWITCH_FIELD):
            data = self._fetch_cart_data(with_switch=False)
        if data is None:
            return None
        if data.store_config is not None:
            if data.store_config.is_one_page_checkout_enabled is False:
                return CheckoutOff()
        faults = tuple(_find_line_faults(data.cart.items))
        if faults:
            return LinesRefused(faults=faults)
        is_off = data.store_config is None and self._read_cart_page().has_list_without_button
        return CheckoutOff() if is_off else None

    def _fetch_cart_data(self, *, with_switch: bool) -> _CartDataJson | None:
        """Return the errors of the lines, and the switch of checkout if it is asked for."""
        is_guest = self.token is None
        cart = _GUEST_CART if is_guest else _CUSTOMER_CART
        declared = "query($id: String!) " if is_guest else ""
        client = self.probe.client
        answer = client.call_graphql(
            f"{declared}{{ {_CHECKOUT_SWITCH if with_switch else ''} {cart} }}",
            {"id": self.quote.masked_id} if is_guest else {},
            store=self.session.site.store_code,
            token=self.token,
            currency=self.quote.currency,
            deadline=self.deadline,
        )
        try:
            return _CartDataJson.model_validate(answer.body["data"])
        except (KeyError, TypeError, ValidationError):
            client.missing_graphql_features.record_failure(answer.response, answer.body)
            return None

    def _read_cart_page(self) -> _CheckoutButtonFinder:
        reader = _CheckoutButtonFinder()
        try:
            reader.feed(self._fetch_page_body(f"{CART_PAGE}/").decode("utf-8", "replace"))
        except AssertionError:  # from html.parser, for a declaration that it does not know
            return _CheckoutButtonFinder()
        return reader

    def _fetch_page_body(self, path: str) -> bytes:
        url = f"{self.session.site.storefront_url}{path}"
        page = self.probe.open_page(self.session, url, deadline=self.deadline)[-1]
        if page.failure is not None:
            raise page.failure
        if page.response.is_truncated:
            raise ShopUnavailable
        return page.response.body


def _find_line_faults(items: Iterable[_CheckedLineJson | None]) -> Iterator[Fault]:
    """Yield a fault for each line with errors, by Magento's codes: its messages are translated."""
    for item in items:
        codes = {error.code for error in (item and item.errors) or ()}
        if item is not None and codes:
            is_sold_out = item.product.stock_status == "OUT_OF_STOCK"
            yield _build_line_fault(item.product.sku, codes, is_sold_out=is_sold_out)


def _build_line_fault(sku: str, codes: set[str], *, is_sold_out: bool) -> Fault:
    if is_sold_out:
        return Fault("unavailable", "This item is not available at present.", sku=sku)
    if codes & {"ITEM_QTY", "ITEM_INCREMENTS"}:
        return Fault("quantity_unavailable", "The shop does not sell this quantity.", sku=sku)
    return Fault("refused", "The shop refuses this line.", sku=sku)


class _CheckoutButtonFinder(HTMLParser):
    """Finds the button to checkout on the cart page of Magento's own themes.

    Magento disables the button for a minimum order amount. If the quote has an error, the list
    around the button is missing as well; if checkout is off, only the button is missing.
    """

    has_disabled_button = False
    _has_button = False
    _has_list = False

    @property
    def has_list_without_button(self) -> bool:
        return self._has_list and not self._has_button

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if "checkout-methods-items" in (attributes.get("class") or "").split():
            self._has_list = True
        if attributes.get("data-role") == "proceed-to-checkout":
            self._has_button = True
            self.has_disabled_button = self.has_disabled_button or "disabled" in attributes
