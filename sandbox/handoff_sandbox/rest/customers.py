from __future__ import annotations

from flask import Blueprint

from handoff_sandbox.errors import NotFound
from handoff_sandbox.rest.access import ANYONE, SELF
from handoff_sandbox.rest.body import json_body, required, required_object
from handoff_sandbox.rest.endpoint import endpoint
from handoff_sandbox.rest.my_carts import myself
from handoff_sandbox.rest.shapes import customer_shape
from handoff_sandbox.shop import current_shop

bp = Blueprint("customers", __name__)

DELETE = "Magento_Customer::delete"


@bp.get("/customers/me")
@endpoint(SELF)
def me() -> object:
    return customer_shape(myself())


@bp.put("/customers/me")
@endpoint(SELF)
def change_me() -> object:
    """Change the name; the address stays, which in Magento takes the password as well."""
    customer = myself()
    given = required_object(json_body(), "customer")
    customer.firstname = str(required(given, "firstname"))
    customer.lastname = str(required(given, "lastname"))
    return customer_shape(customer)


@bp.post("/customers")
@endpoint(ANYONE)
def join() -> object:
    body = json_body()
    given = required_object(body, "customer")
    shop = current_shop()
    # The store view in the path does not decide: Magento goes back to its first.
    listed = shop.views.listed
    asked = next((view for view in listed if view.number == given.get("store_id")), listed[0])
    customer = shop.people.join(
        asked,
        email=str(required(given, "email")),
        firstname=str(required(given, "firstname")),
        lastname=str(required(given, "lastname")),
        password=str(body.get("password", "")),
    )
    return customer_shape(customer)


@bp.delete("/customers/<int:number>")
@endpoint(DELETE)
def remove(number: int) -> object:
    shop = current_shop()
    customer = shop.people.customer(number)
    if customer is None:
        raise NotFound.entity("customerId", number)
    for quote in shop.quotes.by_number.values():
        if quote.customer is customer:
            shop.quotes.disown(quote)
    shop.people.leave(customer)
    return True
