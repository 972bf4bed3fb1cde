"""What a shopper's checkout holds: read where the page's own scripts read it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from handoff.bag import BagLine, format_quantity
from handoff.magento.quote_models import is_masked_id
from handoff.rehearsal.carts import in_words, lines_of
from handoff.rehearsal.outcome import Unexpected
from handoff.rehearsal.web_view import Page, WebView

_CONFIG = "window.checkoutConfig"
_CART_PAGE = "/checkout/cart"
NO_SESSION = (
    "The shop does not know the session that the service wrote. See HANDOFF_SESSION_STORE (the "
    "host and the number of the database stand in the shop's app/etc/env.php), the cookie's name, "
    "domain and path, and website_id in HANDOFF_STORES."
)
"""What to do where the shop finds nothing in a session."""

_NO_GUESTS = "The shop does not let guests check out: allow it, or let only customers transfer."
_NOT_YET = (
    "The bag is there, and the shop does not let it be checked out: a minimum order amount, a "
    "quantity, or an error on a line. The shop's cart page says which; --sku takes other products."
)


@dataclass(frozen=True, slots=True)
class Checkout:
    """What the page of checkout says. `masked_id` opens a guest's cart: a credential.

    `email` is that of the customer who is logged in, None for a guest.
    """

    lines: tuple[BagLine, ...]
    total: Decimal
    currency: str
    country: str
    email: str | None
    masked_id: str | None

    def __repr__(self) -> str:
        return f"Checkout({self.told})"

    @property
    def told(self) -> str:
        """The bag and what it costs, in a line."""
        return f"{in_words(self.lines)}, for {format_quantity(self.total)} {self.currency}"


def read_checkout(view: WebView, page: Page, storefront: str) -> Checkout:
    """Read the page that a web view has come to; raises Unexpected where it is not checkout."""
    if _CART_PAGE in page.url:
        raise _sent_to_the_cart(view, storefront)
    if page.status != HTTPStatus.OK:
        raise Unexpected(
            "checkout", page.told, "See the shop's log; a session file has to be PHP's own user's."
        )
    config = _config(page)
    try:
        return _checkout(config)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        raise _not_magentos(page) from None


def mini_cart(view: WebView, storefront: str) -> dict[str, Any]:
    """Return what the shop's scripts load for the mini-cart: the session's cart as the shop has it.

    Its items have `product_sku`, `product_id` and `qty`.
    """
    section = view.get_json(f"{storefront}/customer/section/load/?sections=cart")
    cart = section.get("cart") if isinstance(section, dict) else None
    return cart if isinstance(cart, dict) else {}


def _config(page: Page) -> Any:
    at = page.text.find(_CONFIG)
    start = page.text.find("{", at)
    if at < 0 or start < 0:
        raise _not_magentos(page)
    try:
        return json.JSONDecoder(parse_float=Decimal).raw_decode(page.text, start)[0]
    except ValueError:
        raise _not_magentos(page) from None


def _checkout(config: Any) -> Checkout:
    quote, totals, customer = config["quoteData"], config["totalsData"], config["customerData"]
    number = str(quote["entity_id"])
    return Checkout(
        lines=lines_of(
            (item["sku"], item["qty"]) for item in config["quoteItemData"] if _is_paid_for(item)
        ),
        total=Decimal(str(totals["grand_total"])),
        currency=str(totals["quote_currency_code"]),
        country=str(config.get("defaultCountryId") or ""),
        email=str(customer["email"]) if customer else None,
        masked_id=number if is_masked_id(number) else None,
    )


def _is_paid_for(item: dict[str, Any]) -> bool:
    """Say whether a line costs something: what the shop adds for nothing is no part of the bag."""
    return Decimal(str(item["row_total"])) > Decimal(str(item.get("discount_amount") or 0))


def _sent_to_the_cart(view: WebView, storefront: str) -> Unexpected:
    """Say why checkout has turned a shopper away: the session is unknown, or the shop's rules."""
    cart = mini_cart(view, storefront)
    came = "the shop sent the shopper to its cart page"
    if not cart.get("summary_count"):
        return Unexpected("checkout", f"{came}, and the cart is empty", NO_SESSION)
    if cart.get("isGuestCheckoutAllowed") is False:
        return Unexpected("checkout", f"{came}: guest checkout is switched off", _NO_GUESTS)
    return Unexpected("checkout", f"{came}, with the bag in it", _NOT_YET)


def _not_magentos(page: Page) -> Unexpected:
    return Unexpected(
        f"Magento's own checkout, with {_CONFIG}",
        f"another page, {page.told}",
        "A checkout of another maker cannot be read: open the link of a transfer in a browser, and "
        "compare the bag by eye. HANDOFF_CHECKOUT_PATH names the page.",
    )
