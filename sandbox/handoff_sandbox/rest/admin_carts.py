from __future__ import annotations

from flask import Blueprint

from handoff_sandbox.errors import NotFound
from handoff_sandbox.rest.criteria import criteria_of_request
from handoff_sandbox.rest.endpoint import endpoint
from handoff_sandbox.rest.scope import shown
from handoff_sandbox.shop import current_shop

bp = Blueprint("admin_carts", __name__)

MANAGE = "Magento_Cart::manage"


@bp.get("/carts/<int:number>")
@endpoint(MANAGE)
def show(number: int) -> object:
    shop = current_shop()
    quote = shop.quotes.by_number.get(number)
    if quote is None:
        raise NotFound.entity("cartId", number)
    return shown(quote)


@bp.get("/carts/search")
@endpoint(MANAGE)
def search() -> object:
    shop = current_shop()
    criteria = criteria_of_request()
    shapes = [shown(quote) for quote in shop.quotes.by_number.values()]
    found = criteria.select({**shape, "entity_id": shape["id"]} for shape in shapes)
    items = [{k: v for k, v in row.items() if k != "entity_id"} for row in criteria.cut(found)]
    return {"items": items, "search_criteria": criteria.shape(), "total_count": len(found)}
