"""Orders and their lines, and the JSON in which the shop's REST describes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BeforeValidator, Field, PrivateAttr, StringConstraints

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

MAX_EDITS = 20
"""How many edits of an order are followed to the order that counts."""

_FIRST_YEAR = 1970  # the ledger counts from then, so an earlier time counts as missing
_CANCELLED = "canceled"  # Magento's spelling

_Item = TypeVar("_Item")


def _convert_zero_to_none(value: object) -> object:
    return None if value in (0, "0", "") else value


def _convert_null_to_zero(value: object) -> object:
    return Decimal(0) if value is None else value


_Id = Annotated[int, Field(ge=1, lt=2**63)]
_CustomerId = Annotated[_Id | None, BeforeValidator(_convert_zero_to_none)]
_Number = Annotated[
    str,
    Field(min_length=1, max_length=50, pattern=r"^[^\x00-\x1f\x7f]+$", coerce_numbers_to_str=True),
]
_Currency = Annotated[str, StringConstraints(strip_whitespace=True, pattern="^[A-Za-z]{3,8}$")]
_Amount = Annotated[Decimal, Field(gt=-(10**15), lt=10**15, decimal_places=20, allow_inf_nan=False)]
_AmountOrNull = Annotated[_Amount, BeforeValidator(_convert_null_to_zero)]


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


def is_quote_ordered(orders: Iterable[OrderState]) -> bool:
    """Return whether a quote with these orders is ordered: one of them is not cancelled.

    The flags of a quote do not tell. A quote that was merged into another one is not active and was
    never ordered, and payment modules cancel an order and open its quote again.
    """
    return any(not order.is_cancelled for order in orders)


class OrderState(ShopJsonModel):
    """The state of an order, and the number that the shopper sees.

    An edit in the admin panel cancels an order and places another one, whose number is
    `replaced_by`. A reorder names its order in the same way, and cancels nothing.
    """

    number: Annotated[_Number, Field(alias="increment_id")]
    state: str | None = None
    replaced_by: Annotated[str | None, Field(alias="relation_child_real_id", max_length=50)] = None
    _last_edit: OrderState | None = PrivateAttr(default=None)

    @property
    def is_cancelled(self) -> bool:
        """Whether this order is cancelled, and the one that replaced it after edits as well."""
        return (self._last_edit or self).state == _CANCELLED

    def record_last_edit(self, replacements: Mapping[str, OrderState]) -> None:
        """Find the order that replaced this one after edits, among orders by their numbers.

        A replacement that the shop does not have counts for nothing.
        """
        for _ in range(MAX_EDITS):
            replacement = replacements.get((self._last_edit or self).replaced_by or "")
            if not self.is_cancelled or replacement is None:
                break
            self._last_edit = replacement


class _OrderExtensionsJson(ShopJsonModel):
    """The amounts that gift cards, store credit and reward points have paid, in Adobe Commerce."""

    gift_cards_amount: _AmountOrNull = Decimal(0)
    customer_balance_amount: _AmountOrNull = Decimal(0)
    reward_currency_amount: _AmountOrNull = Decimal(0)

    @property
    def credit(self) -> Decimal:
        """The sum of all three."""
        return self.gift_cards_amount + self.customer_balance_amount + self.reward_currency_amount


class Order(OrderState):
    """An order without its lines. `order_id` is its id in REST, `customer_id` None for a guest."""

    order_id: Annotated[_Id, Field(alias="entity_id")]
    # It is missing if the order was placed in the admin panel.
    quote_number: Annotated[int | None, Field(alias="quote_id")] = None
    customer_id: _CustomerId = None
    created_at: Annotated[datetime | None, BeforeValidator(_parse_time)] = None
    order_currency_code: _Currency
    grand_total: _Amount
    subtotal: _Amount = Decimal(0)
    shipping_amount: _AmountOrNull = Decimal(0)
    discount_amount: _AmountOrNull = Decimal(0)
    tax_amount: _AmountOrNull = Decimal(0)
    extension_attributes: Annotated[
        _OrderExtensionsJson | None, BeforeValidator(_convert_empty_list_to_dict)
    ] = None

    @property
    def totals(self) -> OrderTotals:
        """The amounts in the currency of the order."""
        return OrderTotals(
            currency=self.order_currency_code,
            grand_total=self.grand_total,
            subtotal=self.subtotal,
            delivery=self.shipping_amount,
            discount=self.discount_amount,
            tax=self.tax_amount,
            credit=self.extension_attributes.credit if self.extension_attributes else Decimal(0),
        )

    def as_json(self) -> dict[str, Any]:
        """Return the fields that the ledger keeps with a handoff."""
        return {
            "id": self.order_id,
            "number": self.number,
            "state": self.state or "",
            "replaced_by": self.replaced_by or None,
            "is_cancelled": self.is_cancelled,
            "placed_at": self.created_at and int(self.created_at.timestamp() * 1000),
            "totals": self.totals.as_json(),
        }


class OrderLine(ShopJsonModel):
    """A sku and its ordered quantity. A part of a configurable product or a bundle has a parent."""

    sku: str
    quantity: Annotated[_Amount, Field(alias="qty_ordered")]
    price: _Amount | None = None
    parent_item_id: int | None = None

    @property
    def is_free(self) -> bool:
        """Whether nothing has to be paid for the line: its price is zero, as in a promotion."""
        return self.price == 0

    @property
    def sku_without_options(self) -> None:
        """None: the sku of an ordered product has no options in it."""


class OrderWithLines(Order):
    """An order with its lines."""

    items: list[OrderLine]

    @property
    def lines(self) -> list[OrderLine]:
        """The lines that the shopper sees, without the parts of other lines."""
        return [line for line in self.items if line.parent_item_id is None]


class OrderPage(ShopJsonModel, Generic[_Item]):
    """A page of a search for orders; an empty page has null."""

    items: list[_Item] | None = None


class CountedOrderPage(OrderPage[dict[str, Any]]):
    """A page of orders, and the number of orders on all pages.

    Each order is parsed by itself, so that one that cannot be read does not hide the others.
    """

    total_count: int


class OrderHistoryJson(ShopJsonModel):
    """An entry in the history of an order; a mere change of its state has no comment."""

    comment: str | None = None


class CommentedOrderJson(ShopJsonModel):
    """An order with its history."""

    entity_id: int
    status_histories: list[OrderHistoryJson] | None = None
