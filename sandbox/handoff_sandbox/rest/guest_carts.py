from __future__ import annotations

from flask import Blueprint, g

from handoff_sandbox.errors import InputError, NotFound, Refused
from handoff_sandbox.quotes import Quote
from handoff_sandbox.rest import cart_calls
from handoff_sandbox.rest.access import ANYONE, SELF
from handoff_sandbox.rest.body import json_body, required, required_object
from handoff_sandbox.rest.endpoint import endpoint
from handoff_sandbox.rest.scope import shown
from handoff_sandbox.shop import current_shop, current_view

bp = Blueprint("guest_carts", __name__)


@bp.post("/guest-carts")
@endpoint(ANYONE)
def create() -> object:
    return current_shop().quotes.create_for_guest(view=current_view()).masked_id


@bp.get("/guest-carts/<masked_id>")
@endpoint(ANYONE)
def show(masked_id: str) -> object:
    """Show a quote to whoever knows its masked id: a customer's and an ordered one as well."""
    return shown(find(masked_id))


@bp.put("/guest-carts/<masked_id>")
@endpoint(SELF)
def assign(masked_id: str) -> object:
    shop = current_shop()
    wanted = required(json_body(), "customerId", "customer_id")
    customer = shop.people.customer(g.user.id)
    if customer is None or not g.user.is_customer or str(wanted) != str(customer.id):
        raise Refused("You don't have the correct permissions to assign the customer to the cart.")
    quote = find(masked_id)
    shop.quotes.require_active(quote)
    if quote.customer is not None:
        raise Refused(
            "The customer can't be assigned to the cart because the cart isn't anonymous."
        )
    shop.quotes.assign(quote, customer)
    return True


@bp.get("/guest-carts/<masked_id>/items")
@endpoint(ANYONE)
def items(masked_id: str) -> object:
    return cart_calls.items(find(masked_id), masked_id)


@bp.post("/guest-carts/<masked_id>/items")
@endpoint(ANYONE)
def add_item(masked_id: str) -> object:
    item = required_object(json_body(), "cartItem", "cart_item")
    quote = current_shop().quotes.by_masked_id(masked_id)
    if quote is None:
        # Magento looks the cart up while it still reads the body: a 400 and no 404.
        raise InputError.missing("quoteId")
    return cart_calls.add_item(quote, item)


@bp.put("/guest-carts/<masked_id>/items/<int:number>")
@endpoint(ANYONE)
def change_item(masked_id: str, number: int) -> object:
    item = required_object(json_body(), "cartItem", "cart_item")
    return cart_calls.change_item(find(masked_id), number, item)


@bp.delete("/guest-carts/<masked_id>/items/<int:number>")
@endpoint(ANYONE)
def remove_item(masked_id: str, number: int) -> object:
    return cart_calls.remove_item(find(masked_id), number)


@bp.get("/guest-carts/<masked_id>/totals")
@endpoint(ANYONE)
def totals(masked_id: str) -> object:
    return cart_calls.totals(find(masked_id))


@bp.get("/guest-carts/<masked_id>/payment-methods")
@endpoint(ANYONE)
def payment_methods(masked_id: str) -> object:
    current_shop().quotes.require_active(find(masked_id))
    return cart_calls.PAYMENT_METHODS


@bp.post("/guest-carts/<masked_id>/estimate-shipping-methods")
@endpoint(ANYONE)
def shipping_methods(masked_id: str) -> object:
    return cart_calls.shipping_methods(find(masked_id))


@bp.post("/guest-carts/<masked_id>/shipping-information")
@endpoint(ANYONE)
def set_shipping(masked_id: str) -> object:
    return cart_calls.set_shipping(find(masked_id))


@bp.post("/guest-carts/<masked_id>/payment-information")
@endpoint(ANYONE)
def pay(masked_id: str) -> object:
    body = json_body()
    email = str(required(body, "email"))
    return cart_calls.pay(find(masked_id), body, email)


def find(masked_id: str) -> Quote:
    quote = current_shop().quotes.by_masked_id(masked_id)
    if quote is None:
        raise NotFound.entity("cartId", None)
    return quote
