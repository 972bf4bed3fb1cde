"""Buys what is in a guest's checkout, in the calls of checkout's own scripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from handoff.rehearsal.carts import Cart
from handoff.rehearsal.outcome import Unexpected
from handoff.rehearsal.shop import Shop

# Nothing is paid: the shop waits for the money, or there is nothing to pay.
OFFLINE = ("checkmo", "banktransfer", "cashondelivery", "free")
_COUNTRY = "GB"  # where the page of checkout does not say
_TODO_SHIPPING = "No way of shipping is offered to the address: see the shop's shipping methods."
_TODO_PAYMENT = (
    "Switch an offline payment method on in the staging shop: check / money order, bank transfer "
    "or cash on delivery."
)
_TODO = "See the shop's log: the same calls are made by checkout's own scripts."


@dataclass(frozen=True, slots=True)
class Purchase:
    """An order that was placed: its number within the shop, and how it is to be paid."""

    order: int
    payment: str


def buy(shop: Shop, cart: Cart, *, country: str, email: str) -> Purchase:
    """Order what a guest's cart holds, sent to an address made up in the country."""
    address = _address(shop, country or _COUNTRY)
    carrier, method = _way_of_shipping(cart, address)
    offered = cart.ask(
        "POST",
        "/shipping-information",
        {
            "addressInformation": {
                "shipping_address": address,
                "billing_address": address,
                "shipping_carrier_code": carrier,
                "shipping_method_code": method,
            }
        },
        todo=_TODO,
    )
    payment = _offline(offered["payment_methods"])
    order = cart.ask(
        "POST",
        "/payment-information",
        {"email": email, "paymentMethod": {"method": payment}, "billing_address": address},
        todo="Does the shop ask for an agreement to its terms, or a captcha? See its log.",
    )
    return Purchase(int(order), payment)


def _way_of_shipping(cart: Cart, address: dict[str, Any]) -> tuple[str, str]:
    path = "/estimate-shipping-methods"
    ways = cart.ask("POST", path, {"address": address}, todo=_TODO_SHIPPING)
    for way in ways:
        if way.get("available"):
            return str(way["carrier_code"]), str(way["method_code"])
    expected = f"a way of shipping to {address['country_id']}"
    raise Unexpected(expected, f"{len(ways)} offered, none available", _TODO_SHIPPING)


def _offline(methods: list[dict[str, Any]]) -> str:
    offered = [str(method["code"]) for method in methods]
    for code in OFFLINE:
        if code in offered:
            return code
    came = f"the shop offers {', '.join(offered) or 'none'}"
    raise Unexpected("an offline payment method", came, _TODO_PAYMENT)


def _address(shop: Shop, country: str) -> dict[str, Any]:
    """Make an address up; where the country has regions to choose from, in the first of them."""
    known = shop.ask("GET", f"directory/countries/{country}", todo=_TODO)
    address: dict[str, Any] = {
        "country_id": country,
        "street": ["1 Rehearsal Street"],
        "postcode": "10000",
        "city": "Rehearsal",
        "firstname": "Handoff",
        "lastname": "Rehearsal",
        "telephone": "0000000000",
    }
    regions = known.get("available_regions") or []
    if regions:
        first = regions[0]
        address |= {"region": first["name"], "region_code": first["code"]}
        address["region_id"] = int(first["id"])
    return address
