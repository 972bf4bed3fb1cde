"""Orders a guest's cart with the calls that checkout's own scripts make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from handoff.rehearsal.app_cart_client import AppCartClient
from handoff.rehearsal.app_shop_client import AppShopClient
from handoff.rehearsal.results import StepFailure

# No money moves: the shop waits for a payment, or there is nothing to pay.
OFFLINE_PAYMENT_METHODS = ("checkmo", "banktransfer", "cashondelivery", "free")
_DEFAULT_COUNTRY = "GB"


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order: its id within the shop, and the code of its payment method."""

    order_id: int
    payment_method: str


def place_order(
    shop: AppShopClient, cart: AppCartClient, *, country: str, email: str
) -> PlacedOrder:
    """Order a guest's cart for an invented address in a country; empty means Britain."""
    address = _invent_address(shop, country or _DEFAULT_COUNTRY)
    carrier, method = _choose_shipping_method(cart, address)
    shipping: dict[str, Any] = {
        "shipping_address": address,
        "billing_address": address,
        "shipping_carrier_code": carrier,
        "shipping_method_code": method,
    }
    body: dict[str, Any] = {"addressInformation": shipping}
    offer = cart.call_or_fail("POST", "/shipping-information", body, advice="order_call")
    payment = _choose_offline_payment(offer["payment_methods"])
    body = {"email": email, "paymentMethod": {"method": payment}, "billing_address": address}
    order_id = cart.call_or_fail("POST", "/payment-information", body, advice="order_refused")
    return PlacedOrder(int(order_id), payment)


def _choose_shipping_method(cart: AppCartClient, address: dict[str, Any]) -> tuple[str, str]:
    path = "/estimate-shipping-methods"
    todo = "no_shipping_method"
    methods = cart.call_or_fail("POST", path, {"address": address}, advice=todo)
    for method in methods:
        if method.get("available"):
            return str(method["carrier_code"]), str(method["method_code"])
    expected = f"a shipping method to {address['country_id']}"
    raise StepFailure(expected, f"{len(methods)} offered, none available", todo)


def _choose_offline_payment(methods: list[dict[str, Any]]) -> str:
    offered = [str(method["code"]) for method in methods]
    for code in OFFLINE_PAYMENT_METHODS:
        if code in offered:
            return code
    actual = f"the shop offers {', '.join(offered) or 'none'}"
    raise StepFailure("an offline payment method", actual, "no_offline_payment")


def _invent_address(shop: AppShopClient, country: str) -> dict[str, Any]:
    """Return an invented address, in the first region of a country that has regions."""
    path = f"directory/countries/{country}"
    regions = shop.call_or_fail("GET", path, advice="order_call").get("available_regions")
    address: dict[str, Any] = {
        "country_id": country,
        "street": ["1 Rehearsal Street"],
        "postcode": "10000",
        "city": "Rehearsal",
        "firstname": "Handoff",
        "lastname": "Rehearsal",
        "telephone": "0000000000",
    }
    if regions:
        region = regions[0]
        address |= {"region": region["name"], "region_code": region["code"]}
        address["region_id"] = int(region["id"])
    return address
