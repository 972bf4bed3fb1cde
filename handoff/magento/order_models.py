"""What an order holds, and the shapes in which the shop's REST tells of orders."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

ORDER_WITH_LINES_FIELDS = (
    "items[entity_id,increment_id,quote_id,order_currency_code,state,relation_child_real_id,"
    "items[parent_item_id,sku,qty_ordered,price]],total_count"
)


@dataclass(frozen=True, slots=True)
class OrderLine:
    """What was ordered of a sku. `is_gift` where its price is zero: a promotion may have added it.

    Of a configurable or a bundle this is the line that the shopper sees; its parts are left out.
    """

    sku: str
    quantity: Decimal
    is_gift: bool


@dataclass(frozen=True, slots=True)
class OrderWithLines:
    """An order with what was ordered.

    `number` is what shopper and shop call it, `order_id` what REST does. `replaced_by` is the
    number of the order that an edit in the admin panel has put in its place.
    """

    order_id: int
    number: str
    quote_number: int
    currency: str
    state: str
    replaced_by: str | None
    lines: tuple[OrderLine, ...]


class Shape(BaseModel):
    """What the shop sends, as far as it is used."""

    model_config = ConfigDict(extra="ignore")


class OrderShape(Shape):
    """An order, as far as it has to be known that there is one."""

    increment_id: str
    quote_id: int
    customer_id: int | None = None


class OrdersShape(Shape):
    """A page of orders; the shop says null where there are none."""

    items: list[OrderShape] | None = None


class OrderLineShape(Shape):
    """A line of an order. A part of a configurable or a bundle has a parent."""

    sku: str
    qty_ordered: Decimal
    price: Decimal | None = None
    parent_item_id: int | None = None


class OrderWithLinesShape(Shape):
    """An order with its lines."""

    entity_id: int
    increment_id: str
    quote_id: int | None = None
    order_currency_code: str
    state: str | None = None
    relation_child_real_id: str | None = None
    items: list[OrderLineShape]

    def purchase(self, quote_number: int) -> OrderWithLines:
        """Return the order of a quote without what the shopper does not see of it."""
        return OrderWithLines(
            order_id=self.entity_id,
            number=self.increment_id,
            quote_number=quote_number,
            currency=self.order_currency_code,
            state=self.state or "",
            replaced_by=self.relation_child_real_id,
            lines=tuple(
                OrderLine(line.sku, line.qty_ordered, is_gift=line.price == 0)
                for line in self.items
                if line.parent_item_id is None
            ),
        )


class OrdersWithLinesShape(Shape):
    """A page of orders with their lines, and how many orders there are on all pages."""

    items: list[OrderWithLinesShape] | None = None
    total_count: int


class HistoryShape(Shape):
    """An entry in the history of an order; a change of its state alone has no comment."""

    comment: str | None = None


class CommentedShape(Shape):
    """An order with its history."""

    entity_id: int
    status_histories: list[HistoryShape] | None = None


class CommentedOrdersShape(Shape):
    """A page of orders with their histories."""

    items: list[CommentedShape] | None = None
