"""Customers' accounts."""

from __future__ import annotations

from flask import Blueprint

from handoff_sandbox.errors import NoSuchEntity
from handoff_sandbox.rest.authorization import ANYONE, SELF
from handoff_sandbox.rest.customer_carts import require_customer
from handoff_sandbox.rest.endpoint import endpoint
from handoff_sandbox.rest.quote_serializers import serialize_customer
from handoff_sandbox.rest.request_body import read_json_body, require_field, require_object
from handoff_sandbox.shop import get_current_shop

blueprint = Blueprint("customers", __name__)

DELETE = "Magento_Customer::delete"


@blueprint.get("/customers/me")
@endpoint(SELF)
def show_own_account() -> object:
    return serialize_customer(require_customer())


@blueprint.put("/customers/me")
@endpoint(SELF)
def change_own_name() -> object:
    """Change the name. A new e-mail address is ignored, for which Magento needs the password."""
    customer = require_customer()
    given = require_object(read_json_body(), "customer")
    customer.firstname = str(require_field(given, "firstname"))
    customer.lastname = str(require_field(given, "lastname"))
    return serialize_customer(customer)


@blueprint.put("/customers/me/password")
@endpoint(SELF)
def change_own_password() -> object:
    body = read_json_body()
    get_current_shop().accounts.change_password(
        require_customer(),
        str(require_field(body, "currentPassword")),
        str(require_field(body, "newPassword")),
    )
    return True


@blueprint.post("/customers")
@endpoint(ANYONE)
def register_customer() -> object:
    body = read_json_body()
    given = require_object(body, "customer")
    shop = get_current_shop()
    # As in Magento, the store view in the path does not count.
    listed = shop.views.all
    asked = next((view for view in listed if view.number == given.get("store_id")), listed[0])
    customer = shop.accounts.register_customer(
        asked,
        email=str(require_field(given, "email")),
        firstname=str(require_field(given, "firstname")),
        lastname=str(require_field(given, "lastname")),
        password=str(body.get("password", "")),
    )
    return serialize_customer(customer)


@blueprint.delete("/customers/<int:number>")
@endpoint(DELETE)
def delete_customer(number: int) -> object:
    shop = get_current_shop()
    customer = shop.accounts.find_customer(number)
    if customer is None:
        raise NoSuchEntity.build_for_id("customerId", number)
    for quote in shop.quotes.by_number.values():
        if quote.customer is customer:
            quote.is_customer_deleted = True
    shop.accounts.delete_customer(customer)
    return True
