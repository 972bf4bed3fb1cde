from __future__ import annotations

from flask import Blueprint

from handoff_sandbox.errors import InputError, NotFound
from handoff_sandbox.people import Customer
from handoff_sandbox.quotes import Quote
from handoff_sandbox.rest import cart_calls
from handoff_sandbox.rest.access import SELF
from handoff_sandbox.rest.body import json_body, required_object
from handoff_sandbox.rest.endpoint import customer_user, endpoint
from handoff_sandbox.rest.scope import shown
from handoff_sandbox.shop import current_shop, current_view

bp = Blueprint("my_carts", __name__)


@bp.post("/carts/mine")
@endpoint(SELF)
def create() -> object:
    shop = current_shop()
    customer = myself()
    view = current_view()
    quote = shop.quotes.active_of(customer, view.website)
    quote = quote or shop.quotes.create_for_customer(customer, view=view)
    return quote.number


@bp.get("/carts/mine")
@endpoint(SELF)
def show() -> object:
    shop = current_shop()
    customer = myself()
    quote = shop.quotes.active_of(customer, current_view().website)
    if quote is None:
        raise NotFound.entity("customerId", customer.id)
    return shown(quote)


@bp.get("/carts/mine/items")
@endpoint(SELF)
def items() -> object:
    quote = my_quote()
    return cart_calls.items(quote, str(quote.number))


@bp.post("/carts/mine/items")
@endpoint(SELF)
def add_item() -> object:
    item = required_object(json_body(), "cartItem", "cart_item")
    return cart_calls.add_item(my_quote(), item)


@bp.put("/carts/mine/items/<int:number>")
@endpoint(SELF)
def change_item(number: int) -> object:
    item = required_object(json_body(), "cartItem", "cart_item")
    return cart_calls.change_item(my_quote(), number, item)


@bp.delete("/carts/mine/items/<int:number>")
@endpoint(SELF)
def remove_item(number: int) -> object:
    return cart_calls.remove_item(my_quote(), number)


@bp.get("/carts/mine/totals")
@endpoint(SELF)
def totals() -> object:
    return cart_calls.totals(my_quote())


@bp.get("/carts/mine/payment-methods")
@endpoint(SELF)
def payment_methods() -> object:
    current_shop().quotes.require_active(my_quote())
    return cart_calls.PAYMENT_METHODS


@bp.post("/carts/mine/estimate-shipping-methods")
@endpoint(SELF)
def shipping_methods() -> object:
    return cart_calls.shipping_methods(my_quote())


@bp.post("/carts/mine/shipping-information")
@endpoint(SELF)
def set_shipping() -> object:
    return cart_calls.set_shipping(my_quote())


@bp.post("/carts/mine/payment-information")
@endpoint(SELF)
def pay() -> object:
    return cart_calls.pay(my_quote(), json_body(), myself().email)


def myself() -> Customer:
    customer = current_shop().people.customer(customer_user().id)
    if customer is None:
        raise InputError.missing("customerId")
    return customer


def my_quote() -> Quote:
    quote = current_shop().quotes.active_of(myself(), current_view().website)
    if quote is None:
        raise NotFound("Current customer does not have an active cart.")
    return quote
