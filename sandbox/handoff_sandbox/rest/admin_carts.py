"""Quotes as administrators read them."""

from __future__ import annotations

from flask import Blueprint

from handoff_sandbox.errors import NoSuchEntity
from handoff_sandbox.rest.endpoint import endpoint
from handoff_sandbox.rest.search_criteria import read_search_criteria
from handoff_sandbox.rest.store_scope import serialize_in_scope
from handoff_sandbox.shop import get_current_shop

blueprint = Blueprint("admin_carts", __name__)

MANAGE = "Magento_Cart::manage"


@blueprint.get("/carts/<int:number>")
@endpoint(MANAGE)
def show_quote(number: int) -> object:
    shop = get_current_shop()
    quote = shop.quotes.by_number.get(number)
    if quote is None:
        raise NoSuchEntity.build_for_id("cartId", number)
    return serialize_in_scope(quote)


@blueprint.get("/carts/search")
@endpoint(MANAGE)
def search_quotes() -> object:
    shop = get_current_shop()
    criteria = read_search_criteria()
    rows = [serialize_in_scope(quote) for quote in shop.quotes.by_number.values()]
    found = criteria.select({**data, "entity_id": data["id"]} for data in rows)
    items = [
        {k: v for k, v in row.items() if k != "entity_id"} for row in criteria.select_page(found)
    ]
    return {"items": items, "search_criteria": criteria.serialize(), "total_count": len(found)}
