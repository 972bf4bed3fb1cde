from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from secrets import token_hex

from handoff_sandbox.addresses import Address
from handoff_sandbox.catalogue import Product
from handoff_sandbox.clock import Clock, stamp
from handoff_sandbox.errors import Refused
from handoff_sandbox.quotes import Line, Quote
from handoff_sandbox.totals import Totals, totals_of


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A line as it was bought; `quote_line` is its number in the quote.

    `goods` are what leaves the stock: the product, or of a configurable the variant.
    """

    id: int
    quote_line: int
    product: Product
    goods: Product
    sku: str
    price: Decimal
    qty: Decimal

    @property
    def row_total(self) -> Decimal:
        return self.price * self.qty


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody of the shop has noted on an order, and the status that it had then."""

    id: int
    words: str
    status: str
    notified: bool
    visible: bool
    created_at: str


@dataclass(slots=True)
class Order:
    """A bought quote; only its state and its comments change afterwards."""

    entity_id: int
    increment_id: str
    quote: Quote
    lines: tuple[SoldLine, ...]
    totals: Totals
    email: str
    billing: Address
    shipping: Address
    created_at: str
    updated_at: str
    remote_ip: str
    state: str = "new"
    status: str = "pending"
    protect_code: str = field(default_factory=lambda: token_hex(16))
    comments: list[Comment] = field(default_factory=list)


@dataclass(slots=True)
class Orders:
    clock: Clock
    by_id: dict[int, Order] = field(default_factory=dict)
    _ids: count[int] = field(default_factory=lambda: count(1))
    _line_ids: count[int] = field(default_factory=lambda: count(1))
    _comment_ids: count[int] = field(default_factory=lambda: count(1))

    def place(self, quote: Quote, *, email: str, billing: Address, remote_ip: str) -> Order:
        """Turn an active quote into an order and take the goods out of stock, or raise Refused."""
        self.check(quote)
        now = stamp(self.clock())
        number = next(self._ids)
        order = Order(
            entity_id=number,
            increment_id=f"{number:09d}",
            quote=quote,
            lines=tuple(self._sold(line) for line in quote.lines),
            totals=totals_of(quote),
            email=email,
            billing=billing,
            shipping=quote.shipping,
            created_at=now,
            updated_at=now,
            remote_ip=remote_ip,
        )
        self._close(quote, order)
        self.by_id[number] = order
        return order

    def cancel(self, order: Order) -> None:
        order.state = order.status = "canceled"
        order.updated_at = stamp(self.clock())
        for line in order.lines:
            line.goods.stock += line.qty

    def comment(self, order: Order, words: str, *, notified: bool, visible: bool) -> None:
        now = stamp(self.clock())
        number = next(self._comment_ids)
        order.comments.append(Comment(number, words, order.status, notified, visible, now))

    def check(self, quote: Quote) -> None:
        """Raise Refused where the quote cannot be bought as it is."""
        if not quote.lines or len(quote.visible_lines()) < len(quote.lines):
            raise Refused("Some of the products are disabled.")
        if quote.ships_by is None and not quote.is_virtual:
            raise Refused("The shipping address is missing. Set the address and try again.")
        if not all(line.can_be_bought for line in quote.lines):
            raise Refused("Not all of your products are available in the requested quantity.")

    def _sold(self, line: Line) -> SoldLine:
        return SoldLine(
            next(self._line_ids),
            line.number,
            line.product,
            line.variant or line.product,
            line.sku,
            line.price,
            line.qty,
        )

    def _close(self, quote: Quote, order: Order) -> None:
        for line in quote.lines:
            goods = line.variant or line.product
            goods.stock -= line.qty
        quote.active = False
        quote.billing = order.billing
        quote.reserved_order_id = order.increment_id
        quote.updated_at = order.updated_at
