"""Reads the shop's checkout page, from the object that the page's own scripts read."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from handoff.bag import format_quantity
from handoff.magento.checkout_probe import CART_PAGE
from handoff.magento.page_data import (
    CART_SECTION,
    CHECKOUT_CONFIG,
    parse_cart_section,
    parse_checkout_config,
)
from handoff.magento.quote_models import QuoteLine, is_masked_id
from handoff.rehearsal.app_cart_client import build_quote_lines, describe_lines
from handoff.rehearsal.results import StepFailure
from handoff.rehearsal.web_view import WebPage, WebView


@dataclass(frozen=True, slots=True)
class CheckoutPage:
    """The contents of the checkout page. `masked_id` opens a guest's cart: a credential.

    `email` is the address of the customer who is logged in, None for a guest.
    """

    lines: tuple[QuoteLine, ...]
    total: Decimal
    currency: str
    country: str
    email: str | None = field(repr=False)
    masked_id: str | None = field(repr=False)

    @property
    def summary(self) -> str:
        """The bag and its total as a text."""
        return f"{describe_lines(self.lines)}, for {format_quantity(self.total)} {self.currency}"


def read_checkout_page(web_view: WebView, page: WebPage, storefront_url: str) -> CheckoutPage:
    """Read the page that a web view has loaded; raise StepFailure if it is not checkout."""
    if CART_PAGE in page.url:
        raise _explain_cart_page(web_view, storefront_url)
    if page.status != HTTPStatus.OK:
        raise StepFailure("checkout", page.summary, "checkout_error")
    try:
        return _read_config(parse_checkout_config(page.text))
    except (KeyError, TypeError, ValueError, ArithmeticError):
        expected, actual = (
            f"Magento's own checkout, with {CHECKOUT_CONFIG}",
            f"{page.summary}, without it",
        )
        raise StepFailure(expected, actual, "not_magento_checkout") from None


def load_cart_section(web_view: WebView, storefront_url: str) -> dict[str, Any]:
    """Return the data about the session's cart that the shop's scripts load; empty if none.

    Its `items` have `product_sku`, `product_id` and `qty`.
    """
    return parse_cart_section(web_view.load_json_bytes(f"{storefront_url}{CART_SECTION}"))


def _read_config(config: Any) -> CheckoutPage:
    quote, totals, customer = config["quoteData"], config["totalsData"], config["customerData"]
    quote_id = str(quote["entity_id"])
    paid_items = [item for item in config["quoteItemData"] if not _is_free(item)]
    return CheckoutPage(
        lines=build_quote_lines(paid_items),
        total=Decimal(str(totals["grand_total"])),
        currency=str(totals["quote_currency_code"]),
        country=str(config.get("defaultCountryId") or ""),
        email=str(customer["email"]) if customer else None,
        masked_id=quote_id if is_masked_id(quote_id) else None,
    )


def _is_free(item: dict[str, Any]) -> bool:
    """Return whether an item costs nothing: the shop's free gifts are not part of the bag."""
    return Decimal(str(item["row_total"])) <= Decimal(str(item.get("discount_amount") or 0))


def _explain_cart_page(web_view: WebView, storefront_url: str) -> StepFailure:
    """Return why checkout has sent a shopper back to the cart page."""
    section = load_cart_section(web_view, storefront_url)
    actual, advice = ", with the bag in it", "bag_refused"
    if not section.get("summary_count"):
        actual, advice = ", and the cart is empty", "session_unknown"
    elif section.get("isGuestCheckoutAllowed") is False:
        actual, advice = ": guest checkout is switched off", "guest_checkout_off"
    return StepFailure("checkout", f"the shop sent the shopper to its cart page{actual}", advice)
