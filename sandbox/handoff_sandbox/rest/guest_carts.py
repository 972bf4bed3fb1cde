"""Guests' carts."""

from __future__ import annotations

from flask import Blueprint, g

from handoff_sandbox.errors import InputError, NoSuchEntity, RuleViolation
from handoff_sandbox.quotes import SandboxQuote
from handoff_sandbox.rest import cart_operations
from handoff_sandbox.rest.authorization import ANYONE, SELF
from handoff_sandbox.rest.endpoint import endpoint
from handoff_sandbox.rest.request_body import read_json_body, require_field, require_object
from handoff_sandbox.rest.store_scope import serialize_in_scope
from handoff_sandbox.shop import get_current_shop, get_current_view

blueprint = Blueprint("guest_carts", __name__)


@blueprint.post("/guest-carts")
@endpoint(ANYONE)
def create_quote() -> object:
    return get_current_shop().quotes.create_for_guest(view=get_current_view()).masked_id


@blueprint.get("/guest-carts/<masked_id>")
@endpoint(ANYONE)
def show_quote(masked_id: str) -> object:
    """Show a quote by its masked id, even a customer's or an ordered one."""
    return serialize_in_scope(require_quote(masked_id))


@blueprint.put("/guest-carts/<masked_id>")
@endpoint(SELF)
def assign_to_customer(masked_id: str) -> object:
    shop = get_current_shop()
    wanted = require_field(read_json_body(), "customerId", "customer_id")
    customer = shop.accounts.find_customer(g.user.id)
    if customer is None or not g.user.is_customer or str(wanted) != str(customer.id):
        raise RuleViolation(
            "You don't have the correct permissions to assign the customer to the cart."
        )
    quote = require_quote(masked_id)
    shop.quotes.require_active(quote)
    if quote.customer is not None:
        raise RuleViolation(
            "The customer can't be assigned to the cart because the cart isn't anonymous."
        )
    shop.quotes.assign_to_customer(quote, customer)
    return True


@blueprint.get("/guest-carts/<masked_id>/items")
@endpoint(ANYONE)
def list_items(masked_id: str) -> object:
    return cart_operations.list_items(require_quote(masked_id), masked_id)


@blueprint.post("/guest-carts/<masked_id>/items")
@endpoint(ANYONE)
def add_item(masked_id: str) -> object:
    item = require_object(read_json_body(), "cartItem", "cart_item")
    quote = get_current_shop().quotes.find_by_masked_id(masked_id)
    if quote is None:
        # Magento looks the quote up while it reads the body, so it answers 400 and not 404.
        raise InputError.build_for_missing_field("quoteId")
    return cart_operations.add_item(quote, item)


@blueprint.put("/guest-carts/<masked_id>/items/<int:number>")
@endpoint(ANYONE)
def change_item(masked_id: str, number: int) -> object:
    item = require_object(read_json_body(), "cartItem", "cart_item")
    return cart_operations.change_item(require_quote(masked_id), number, item)


@blueprint.delete("/guest-carts/<masked_id>/items/<int:number>")
@endpoint(ANYONE)
def remove_item(masked_id: str, number: int) -> object:
    return cart_operations.remove_item(require_quote(masked_id), number)


@blueprint.get("/guest-carts/<masked_id>/totals")
@endpoint(ANYONE)
def show_totals(masked_id: str) -> object:
    return cart_operations.show_totals(require_quote(masked_id))


@blueprint.get("/guest-carts/<masked_id>/payment-methods")
@endpoint(ANYONE)
def list_payment_methods(masked_id: str) -> object:
    get_current_shop().quotes.require_active(require_quote(masked_id))
    return cart_operations.PAYMENT_METHODS


@blueprint.post("/guest-carts/<masked_id>/estimate-shipping-methods")
@endpoint(ANYONE)
def list_shipping_methods(masked_id: str) -> object:
    return cart_operations.list_shipping_methods(require_quote(masked_id))


@blueprint.post("/guest-carts/<masked_id>/shipping-information")
@endpoint(ANYONE)
def set_shipping(masked_id: str) -> object:
    return cart_operations.set_shipping(require_quote(masked_id))


@blueprint.post("/guest-carts/<masked_id>/payment-information")
@endpoint(ANYONE)
def place_order(masked_id: str) -> object:
    body = read_json_body()
    email = str(require_field(body, "email"))
    return cart_operations.place_order(require_quote(masked_id), body, email)


def require_quote(masked_id: str) -> SandboxQuote:
    """Return the quote with a masked id, or raise NoSuchEntity."""
    quote = get_current_shop().quotes.find_by_masked_id(masked_id)
    if quote is None:
        raise NoSuchEntity.build_for_id("cartId", None)
    return quote
