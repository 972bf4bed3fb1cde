"""Orders: bought quotes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count
from secrets import token_hex

from handoff_sandbox.catalogue import Product
from handoff_sandbox.errors import RuleViolation
from handoff_sandbox.formats import Clock, format_timestamp
from handoff_sandbox.postal_address import PostalAddress
from handoff_sandbox.quotes import QuoteLine, SandboxQuote
from handoff_sandbox.totals import Totals, compute_totals

_FIRST_QUOTE_OF_EDITS = 1_000_000


@dataclass(frozen=True, slots=True)
class OrderItem:
    """A line of an order. `quote_line` is its number in the quote.

    `goods` leaves the stock: the product, or the variant of a configurable product.
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
        """The price of the whole line."""
        return self.price * self.qty


@dataclass(frozen=True, slots=True)
class OrderComment:
    """A note on an order, with the order's status at that time."""

    id: int
    text: str
    status: str
    notified: bool
    visible: bool
    created_at: str


@dataclass(slots=True)
class SandboxOrder:
    """A bought quote. Only its state, its comments and its replacement change afterwards."""

    entity_id: int
    increment_id: str
    quote: SandboxQuote
    items: tuple[OrderItem, ...]
    totals: Totals
    email: str
    billing: PostalAddress
    shipping: PostalAddress
    created_at: str
    updated_at: str
    remote_ip: str
    state: str = "new"
    status: str = "pending"
    protect_code: str = field(default_factory=lambda: token_hex(16))
    comments: list[OrderComment] = field(default_factory=list)
    replaced_by: SandboxOrder | None = None


@dataclass(slots=True)
class OrderTable:
    """All orders of the shop."""

    clock: Clock
    by_id: dict[int, SandboxOrder] = field(default_factory=dict)
    _ids: count[int] = field(default_factory=lambda: count(1))
    _line_ids: count[int] = field(default_factory=lambda: count(1))
    _comment_ids: count[int] = field(default_factory=lambda: count(1))

    def place_order(
        self, quote: SandboxQuote, *, email: str, billing: PostalAddress, remote_ip: str
    ) -> SandboxOrder:
        """Create an order from an active quote and reduce the stock, or raise RuleViolation."""
        self.require_buyable(quote)
        now = format_timestamp(self.clock())
        number = next(self._ids)
        order = SandboxOrder(
            entity_id=number,
            increment_id=f"{number:09d}",
            quote=quote,
            items=tuple(self._build_item(line) for line in quote.lines),
            totals=compute_totals(quote),
            email=email,
            billing=billing,
            shipping=quote.shipping,
            created_at=now,
            updated_at=now,
            remote_ip=remote_ip,
        )
        self._close_quote(quote, order)
        self.by_id[number] = order
        return order

    def cancel_order(self, order: SandboxOrder) -> bool:
        """Cancel an order and put its goods back into stock, unless its state does not allow it."""
        if order.state in ("canceled", "complete", "closed", "holded"):
            return False
        self.set_state(order, "canceled")
        for item in order.items:
            item.goods.stock += item.qty
        return True

    def set_state(self, order: SandboxOrder, state: str) -> None:
        """Set an order's state, and the status of the same name that Magento gives to most."""
        order.state = order.status = state
        order.updated_at = format_timestamp(self.clock())

    def replace_order(self, order: SandboxOrder) -> SandboxOrder:
        """Cancel an order and place it again, as its edit in the admin panel does."""
        number = next(self._ids)
        first, _, edit = order.increment_id.partition("-")
        replacement = replace(
            order,
            entity_id=number,
            increment_id=f"{first}-{int(edit or 0) + 1}",
            # The admin panel makes a quote of its own.
            quote=replace(order.quote, number=_FIRST_QUOTE_OF_EDITS + number),
            comments=[],
        )
        order.replaced_by = replacement
        self.set_state(order, "canceled")
        self.by_id[number] = replacement
        return replacement

    def add_comment(self, order: SandboxOrder, text: str, *, notified: bool, visible: bool) -> None:
        """Add a comment to an order."""
        now = format_timestamp(self.clock())
        number = next(self._comment_ids)
        order.comments.append(OrderComment(number, text, order.status, notified, visible, now))

    def require_buyable(self, quote: SandboxQuote) -> None:
        """Raise RuleViolation if the quote cannot be bought as it is."""
        if not quote.lines or len(quote.visible_lines) < len(quote.lines):
            raise RuleViolation("Some of the products are disabled.")
        if quote.shipping_method is None and not quote.is_virtual:
            raise RuleViolation("The shipping address is missing. Set the address and try again.")
        if not all(line.can_be_bought for line in quote.lines):
            raise RuleViolation("Not all of your products are available in the requested quantity.")

    def _build_item(self, line: QuoteLine) -> OrderItem:
        return OrderItem(
            next(self._line_ids),
            line.number,
            line.product,
            line.goods,
            line.sku,
            line.price,
            line.qty,
        )

    def _close_quote(self, quote: SandboxQuote, order: SandboxOrder) -> None:
        for line in quote.lines:
            line.goods.stock -= line.qty
        quote.active = False
        quote.billing = order.billing
        quote.reserved_order_id = order.increment_id
        quote.updated_at = order.updated_at
