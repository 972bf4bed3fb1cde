"""Customers' carts."""

from __future__ import annotations

from flask import Blueprint

from handoff_sandbox.accounts import ShopCustomer
from handoff_sandbox.errors import InputError, NoSuchEntity
from handoff_sandbox.quotes import SandboxQuote
from handoff_sandbox.rest import cart_operations
from handoff_sandbox.rest.authorization import SELF
from handoff_sandbox.rest.endpoint import endpoint, require_customer_user
from handoff_sandbox.rest.request_body import read_json_body, require_object
from handoff_sandbox.rest.store_scope import serialize_in_scope
from handoff_sandbox.shop import get_current_shop, get_current_view

blueprint = Blueprint("customer_carts", __name__)


@blueprint.post("/carts/mine")
@endpoint(SELF)
def create_quote() -> object:
    shop = get_current_shop()
    customer = require_customer()
    view = get_current_view()
    quote = shop.quotes.find_active_of_customer(customer, view.website)
    quote = quote or shop.quotes.create_for_customer(customer, view=view)
    return quote.number


@blueprint.get("/carts/mine")
@endpoint(SELF)
def show_quote() -> object:
    shop = get_current_shop()
    customer = require_customer()
    quote = shop.quotes.find_active_of_customer(customer, get_current_view().website)
    if quote is None:
        raise NoSuchEntity.build_for_id("customerId", customer.id)
    return serialize_in_scope(quote)


@blueprint.get("/carts/mine/items")
@endpoint(SELF)
def list_items() -> object:
    quote = require_own_quote()
    return cart_operations.list_items(quote, str(quote.number))


@blueprint.post("/carts/mine/items")
@endpoint(SELF)
def add_item() -> object:
    item = require_object(read_json_body(), "cartItem", "cart_item")
    return cart_operations.add_item(require_own_quote(), item)


@blueprint.put("/carts/mine/items/<int:number>")
@endpoint(SELF)
def change_item(number: int) -> object:
    item = require_object(read_json_body(), "cartItem", "cart_item")
    return cart_operations.change_item(require_own_quote(), number, item)


@blueprint.delete("/carts/mine/items/<int:number>")
@endpoint(SELF)
def remove_item(number: int) -> object:
    return cart_operations.remove_item(require_own_quote(), number)


@blueprint.get("/carts/mine/totals")
@endpoint(SELF)
def show_totals() -> object:
    return cart_operations.show_totals(require_own_quote())


@blueprint.get("/carts/mine/payment-methods")
@endpoint(SELF)
def list_payment_methods() -> object:
    get_current_shop().quotes.require_active(require_own_quote())
    return cart_operations.PAYMENT_METHODS


@blueprint.post("/carts/mine/estimate-shipping-methods")
@endpoint(SELF)
def list_shipping_methods() -> object:
    return cart_operations.list_shipping_methods(require_own_quote())


@blueprint.post("/carts/mine/shipping-information")
@endpoint(SELF)
def set_shipping() -> object:
    return cart_operations.set_shipping(require_own_quote())


@blueprint.post("/carts/mine/payment-information")
@endpoint(SELF)
def place_order() -> object:
    return cart_operations.place_order(
        require_own_quote(), read_json_body(), require_customer().email
    )


def require_customer() -> ShopCustomer:
    """Return the customer who calls, or raise InputError."""
    customer = get_current_shop().accounts.find_customer(require_customer_user().id)
    if customer is None:
        raise InputError.build_for_missing_field("customerId")
    return customer


def require_own_quote() -> SandboxQuote:
    """Return the customer's active quote, or raise NoSuchEntity."""
    quote = get_current_shop().quotes.find_active_of_customer(
        require_customer(), get_current_view().website
    )
    if quote is None:
        raise NoSuchEntity("Current customer does not have an active cart.")
    return quote
