from __future__ import annotations

from flask import Blueprint

from handoff_sandbox.errors import InternalError, NotFound
from handoff_sandbox.orders import Order
from handoff_sandbox.rest.body import json_body, required, required_object
from handoff_sandbox.rest.criteria import criteria_of_request
from handoff_sandbox.rest.endpoint import endpoint
from handoff_sandbox.rest.order_shapes import order_shape
from handoff_sandbox.shop import current_shop

bp = Blueprint("orders", __name__)

READ = "Magento_Sales::actions_view"
CANCEL = "Magento_Sales::cancel"
COMMENT = "Magento_Sales::comment"

# The columns that may be searched; any other makes Magento's SQL fail, and so a 500.
COLUMNS = frozenset(
    "entity_id increment_id quote_id state status created_at updated_at customer_id "
    "customer_email customer_is_guest customer_firstname customer_lastname store_id grand_total "
    "base_grand_total subtotal total_due total_qty_ordered total_item_count order_currency_code "
    "base_currency_code remote_ip protect_code shipping_amount shipping_description".split()
)


@bp.get("/orders")
@endpoint(READ)
def search() -> object:
    shop = current_shop()
    criteria = criteria_of_request()
    if not criteria.used_fields() <= COLUMNS:
        raise InternalError
    rows = [
        order_shape(order, shop.views.first.website.currency.code)
        for order in shop.orders.by_id.values()
    ]
    found = criteria.select(rows)
    return {
        "items": criteria.cut(found),
        "search_criteria": criteria.shape(),
        "total_count": len(found),
    }


@bp.get("/orders/<int:number>")
@endpoint(READ)
def show(number: int) -> object:
    return order_shape(_find(number), current_shop().views.first.website.currency.code)


@bp.post("/orders/<int:number>/cancel")
@endpoint(CANCEL)
def cancel(number: int) -> object:
    order = _find(number)
    if order.state == "canceled":
        return False
    current_shop().orders.cancel(order)
    return True


@bp.post("/orders/<int:number>/comments")
@endpoint(COMMENT)
def comment(number: int) -> object:
    history = required_object(json_body(), "statusHistory")
    current_shop().orders.comment(
        _find(number),
        str(required(history, "comment")),
        notified=bool(required(history, "is_customer_notified", "isCustomerNotified")),
        visible=bool(required(history, "is_visible_on_front", "isVisibleOnFront")),
    )
    return True


def _find(number: int) -> Order:
    order = current_shop().orders.by_id.get(number)
    if order is None:
        raise NotFound.order()
    return order
