"""Orders and their lines, and the JSON in which the shop's REST describes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

from handoff.magento.answers import ShopJsonModel

_ORDER_FIELDS = (
    "entity_id,increment_id,quote_id,customer_id,state,relation_child_real_id,created_at,"
    "order_currency_code,grand_total,subtotal,shipping_amount,discount_amount,tax_amount,"
    "extension_attributes[gift_cards_amount,customer_balance_amount,reward_currency_amount]"
)
ORDER_FIELDS = f"items[{_ORDER_FIELDS}]"
ORDER_STATE_FIELDS = "items[increment_id,state,relation_child_real_id]"
ORDER_WITH_LINES_FIELDS = (
    f"items[{_ORDER_FIELDS},items[parent_item_id,sku,qty_ordered,price]],total_count"
)

_FIRST_YEAR = 1970  # an earlier time is none; the ledger counts from then
_CANCELLED = "canceled"  # Magento's spelling


def _convert_number(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _convert_guest(value: object) -> object:
    return None if value in (0, "0", "") else value


_Id = Annotated[int, Field(ge=1, lt=2**63)]
_CustomerId = Annotated[_Id | None, BeforeValidator(_convert_guest)]
_Number = Annotated[
    str,
    BeforeValidator(_convert_number),
    Field(min_length=1, max_length=50, pattern=r"^[^\x00-\x1f\x7f]+$"),
]
_Currency = Annotated[str, StringConstraints(strip_whitespace=True, pattern="^[A-Za-z]{3,8}$")]
_Amount = Annotated[Decimal, Field(gt=-(10**15), lt=10**15, decimal_places=20, allow_inf_nan=False)]


def _convert_empty_list_to_dict(value: object) -> object:
    return {} if value == [] else value  # PHP's spelling of an object without fields


def _parse_time(value: object) -> datetime | None:
    """Return the time in Magento's text "2026-11-27 17:31:51", which is UTC, or None."""
    try:
        moment = datetime.fromisoformat(str(value)).replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment if moment.year >= _FIRST_YEAR else None


@dataclass(frozen=True, slots=True)
class OrderTotals:
    """The totals of an order in its currency. `discount` is zero or negative, as in Magento.

    `credit` is what gift cards, store credit and reward points have paid of it; `grand_total` is
    the rest.
    """

    currency: str
    grand_total: Decimal
    subtotal: Decimal
    delivery: Decimal
    discount: Decimal
    tax: Decimal
    credit: Decimal = Decimal(0)

    def as_json(self) -> dict[str, str]:
        """Return the amounts as texts, because a JSON number is not exact."""
        return {name: str(value) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order.

    `order_id` is the id in REST, `number` the order number that the shopper sees, and `customer_id`
    None for a guest. An edit in the admin panel cancels an order and places another one, whose
    number is `replaced_by`; then `is_cancelled` says whether the replacement is cancelled.
    """

    order_id: int
    number: str
    quote_number: int
    customer_id: int | None
    state: str
    replaced_by: str | None
    is_cancelled: bool
    created_at: datetime | None
    totals: OrderTotals

    def as_json(self) -> dict[str, Any]:
        """Return the fields that the ledger keeps with a handoff."""
        return {
            "id": self.order_id,
            "number": self.number,
            "state": self.state,
            "replaced_by": self.replaced_by,
            "is_cancelled": self.is_cancelled,
            "placed_at": self.created_at and int(self.created_at.timestamp() * 1000),
            "totals": self.totals.as_json(),
        }


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A sku and its ordered quantity. `is_free` says that the price is zero, as in a promotion.

    For a configurable product or a bundle, this is the line that the shopper sees, not its parts.
    """

    sku: str
    quantity: Decimal
    is_free: bool
    sku_without_options: None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWithLines(Order):
    """An order with its lines."""

    lines: tuple[OrderLine, ...]


def is_quote_ordered(orders: Iterable[Order]) -> bool:
    """Return whether a quote with these orders is ordered: one of them is not cancelled.

    The flags of a quote do not tell. A quote that was merged into another one is not active and was
    never ordered, and payment modules cancel an order and open its quote again.
    """
    return any(not order.is_cancelled for order in orders)


class OrderStateJson(ShopJsonModel):
    """The state of an order, and the number of the order that replaces it after an edit."""

    increment_id: _Number
    state: str | None = None
    relation_child_real_id: Annotated[str | None, Field(max_length=50)] = None

    @property
    def replaced_by(self) -> str | None:
        """The number of the order that was made from this one, by an edit or a reorder.

        An edit cancels this order; a reorder does not.
        """
        return self.relation_child_real_id or None

    @property
    def is_cancelled(self) -> bool:
        """Whether this order is cancelled; another order may replace it."""
        return self.state == _CANCELLED


class OrderStatesJson(ShopJsonModel):
    """A page of the states of orders; an empty page has null."""

    items: list[OrderStateJson] | None = None


class _OrderExtensionsJson(ShopJsonModel):
    """The amounts that gift cards, store credit and reward points have paid, in Adobe Commerce."""

    gift_cards_amount: _Amount | None = None
    customer_balance_amount: _Amount | None = None
    reward_currency_amount: _Amount | None = None

    @property
    def credit(self) -> Decimal:
        """The sum of all three."""
        amounts = (
            self.gift_cards_amount,
            self.customer_balance_amount,
            self.reward_currency_amount,
        )
        return sum((amount or Decimal(0) for amount in amounts), Decimal(0))


class OrderJson(OrderStateJson):
    """An order without its lines."""

    entity_id: _Id
    quote_id: int | None = None  # missing if the order was placed in the admin panel
    customer_id: _CustomerId = None
    created_at: Annotated[datetime | None, BeforeValidator(_parse_time)] = None
    order_currency_code: _Currency
    grand_total: _Amount
    subtotal: _Amount = Decimal(0)
    shipping_amount: _Amount | None = None
    discount_amount: _Amount | None = None
    tax_amount: _Amount | None = None
    extension_attributes: Annotated[
        _OrderExtensionsJson | None, BeforeValidator(_convert_empty_list_to_dict)
    ] = None

    def build_order(self, quote_number: int, *, is_cancelled: bool) -> Order:
        """Return the order of a quote."""
        return Order(**self._build_values(quote_number, is_cancelled))

    def _build_values(self, quote_number: int, is_cancelled: bool) -> dict[str, Any]:
        none = Decimal(0)
        return {
            "order_id": self.entity_id,
            "number": self.increment_id,
            "quote_number": quote_number,
            "customer_id": self.customer_id,
            "state": self.state or "",
            "replaced_by": self.replaced_by,
            "is_cancelled": is_cancelled,
            "created_at": self.created_at,
            "totals": OrderTotals(
                currency=self.order_currency_code,
                grand_total=self.grand_total,
                subtotal=self.subtotal,
                delivery=self.shipping_amount or none,
                discount=self.discount_amount or none,
                tax=self.tax_amount or none,
                credit=self.extension_attributes.credit if self.extension_attributes else none,
            ),
        }


class OrdersJson(ShopJsonModel):
    """A page of orders; an empty page has null."""

    items: list[OrderJson] | None = None


class OrderLineJson(ShopJsonModel):
    """A line of an order. A part of a configurable product or a bundle has a parent."""

    sku: str
    qty_ordered: _Amount
    price: _Amount | None = None
    parent_item_id: int | None = None


class OrderWithLinesJson(OrderJson):
    """An order with its lines."""

    items: list[OrderLineJson]

    def build_order(self, quote_number: int, *, is_cancelled: bool) -> OrderWithLines:
        """Return the order of a quote, without the parts that the shopper does not see."""
        lines = tuple(
            OrderLine(line.sku, line.qty_ordered, is_free=line.price == 0)
            for line in self.items
            if line.parent_item_id is None
        )
        return OrderWithLines(**self._build_values(quote_number, is_cancelled), lines=lines)


class OrdersWithLinesJson(ShopJsonModel):
    """A page of orders with their lines, and the number of orders on all pages.

    Each order is parsed by itself, so that one that cannot be read does not hide the others.
    """

    items: list[dict[str, Any]] | None = None
    total_count: int


class OrderHistoryJson(ShopJsonModel):
    """An entry in the history of an order; a mere change of its state has no comment."""

    comment: str | None = None


class CommentedOrderJson(ShopJsonModel):
    """An order with its history."""

    entity_id: int
    status_histories: list[OrderHistoryJson] | None = None


class CommentedOrdersJson(ShopJsonModel):
    """A page of orders with their histories."""

    items: list[CommentedOrderJson] | None = None
