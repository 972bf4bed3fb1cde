"""Orders and their lines, and the JSON in which the shop's REST describes them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from handoff.magento.client import ShopJson

ORDER_WITH_LINES_FIELDS = (
    "items[entity_id,increment_id,quote_id,order_currency_code,state,relation_child_real_id,"
    "items[parent_item_id,sku,qty_ordered,price]],total_count"
)


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A sku and its ordered quantity. `is_free` says that the price is zero, as in a promotion.

    For a configurable product or a bundle, this is the line that the shopper sees, not its parts.
    """

    sku: str
    quantity: Decimal
    is_free: bool
    product_sku: None = None


@dataclass(frozen=True, slots=True)
class OrderWithLines:
    """An order with its lines.

    `number` is the order number that the shopper sees, `order_id` the id in REST. `replaced_by` is
    the number of the order that replaces it after an edit in the admin panel.
    """

    order_id: int
    number: str
    quote_number: int
    currency: str
    state: str
    replaced_by: str | None
    lines: tuple[OrderLine, ...]


class OrderJson(ShopJson):
    """An order without its lines."""

    increment_id: str
    quote_id: int
    customer_id: int | None = None


class OrdersJson(ShopJson):
    """A page of orders; an empty page has null."""

    items: list[OrderJson] | None = None


class OrderLineJson(ShopJson):
    """A line of an order. A part of a configurable product or a bundle has a parent."""

    sku: str
    qty_ordered: Decimal
    price: Decimal | None = None
    parent_item_id: int | None = None


class OrderWithLinesJson(ShopJson):
    """An order with its lines."""

    entity_id: int
    increment_id: str
    quote_id: int | None = None
    order_currency_code: str
    state: str | None = None
    relation_child_real_id: str | None = None
    items: list[OrderLineJson]

    def build_order(self, quote_number: int) -> OrderWithLines:
        """Return the order of a quote, without the parts that the shopper does not see."""
        return OrderWithLines(
            order_id=self.entity_id,
            number=self.increment_id,
            quote_number=quote_number,
            currency=self.order_currency_code,
            state=self.state or "",
            replaced_by=self.relation_child_real_id,
            lines=tuple(
                OrderLine(line.sku, line.qty_ordered, is_free=line.price == 0)
                for line in self.items
                if line.parent_item_id is None
            ),
        )


class OrdersWithLinesJson(ShopJson):
    """A page of orders with their lines, and the number of orders on all pages."""

    items: list[OrderWithLinesJson] | None = None
    total_count: int


class OrderHistoryJson(ShopJson):
    """An entry in the history of an order; a mere change of its state has no comment."""

    comment: str | None = None


class CommentedOrderJson(ShopJson):
    """An order with its history."""

    entity_id: int
    status_histories: list[OrderHistoryJson] | None = None


class CommentedOrdersJson(ShopJson):
    """A page of orders with their histories."""

    items: list[CommentedOrderJson] | None = None
