"""Orders: search, cancel, comment."""

from __future__ import annotations

from flask import Blueprint

from handoff_sandbox.errors import NoSuchEntity, ServerFault
from handoff_sandbox.orders import SandboxOrder
from handoff_sandbox.rest.endpoint import endpoint
from handoff_sandbox.rest.order_serializer import serialize_order
from handoff_sandbox.rest.request_body import read_json_body, require_field, require_object
from handoff_sandbox.rest.search_criteria import read_search_criteria
from handoff_sandbox.shop import get_current_shop

blueprint = Blueprint("orders", __name__)

READ = "Magento_Sales::actions_view"
CANCEL = "Magento_Sales::cancel"
COMMENT = "Magento_Sales::comment"

# The columns that can be searched. Any other makes Magento's SQL fail, which is a 500.
COLUMNS = frozenset(
    "entity_id increment_id quote_id state status created_at updated_at customer_id "
    "customer_email customer_is_guest customer_firstname customer_lastname store_id grand_total "
    "base_grand_total subtotal total_due total_qty_ordered total_item_count order_currency_code "
    "base_currency_code remote_ip protect_code shipping_amount shipping_description".split()
)


@blueprint.get("/orders")
@endpoint(READ)
def search_orders() -> object:
    shop = get_current_shop()
    criteria = read_search_criteria()
    if not criteria.list_fields() <= COLUMNS:
        raise ServerFault
    rows = [
        serialize_order(order, shop.views.first.website.currency.code)
        for order in shop.orders.by_id.values()
    ]
    found = criteria.select(rows)
    return {
        "items": criteria.select_page(found),
        "search_criteria": criteria.serialize(),
        "total_count": len(found),
    }


@blueprint.get("/orders/<int:number>")
@endpoint(READ)
def show_order(number: int) -> object:
    return serialize_order(
        _require_order(number), get_current_shop().views.first.website.currency.code
    )


@blueprint.post("/orders/<int:number>/cancel")
@endpoint(CANCEL)
def cancel_order(number: int) -> object:
    return get_current_shop().orders.cancel_order(_require_order(number))


@blueprint.post("/orders/<int:number>/comments")
@endpoint(COMMENT)
def add_comment(number: int) -> object:
    history = require_object(read_json_body(), "statusHistory")
    get_current_shop().orders.add_comment(
        _require_order(number),
        str(require_field(history, "comment")),
        notified=bool(require_field(history, "is_customer_notified", "isCustomerNotified")),
        visible=bool(require_field(history, "is_visible_on_front", "isVisibleOnFront")),
    )
    return True


def _require_order(number: int) -> SandboxOrder:
    order = get_current_shop().orders.by_id.get(number)
    if order is None:
        raise NoSuchEntity.build_for_order()
    return order
