from __future__ import annotations

import string
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count
from secrets import choice

from handoff_sandbox.addresses import Address
from handoff_sandbox.catalogue import Kind, Product
from handoff_sandbox.clock import Clock, stamp
from handoff_sandbox.errors import NotFound
from handoff_sandbox.people import Customer
from handoff_sandbox.scopes import Currency, View, Website

MASKED_LENGTH = 32


@dataclass(slots=True)
class Line:
    """A product in a quote; of a configurable, the `variant` that was chosen.

    `base_price` is in the website's own currency. A bundle's line goes by the skus of its parts as
    well. A group's member `came_in` the group.
    """

    number: int
    product: Product
    qty: Decimal
    base_price: Decimal
    price: Decimal
    variant: Product | None = None
    is_gift: bool = False
    came_in: Product | None = None

    @property
    def kind(self) -> Kind:
        """Give the kind that the shop shows: members of a group keep the group's."""
        return (self.came_in or self.product).kind

    @property
    def sku(self) -> str:
        if self.product.kind is Kind.BUNDLE:
            return "-".join([self.product.sku, *(one.sku for one in self.product.parts.values())])
        return (self.variant or self.product).sku

    @property
    def row_total(self) -> Decimal:
        return self.price * self.qty

    @property
    def enabled(self) -> bool:
        return self.product.enabled and (self.variant is None or self.variant.enabled)

    @property
    def can_be_bought(self) -> bool:
        """Say whether checkout opens: a bundle that nobody chose the parts of keeps it shut."""
        goods = self.variant or self.product
        enough = goods.quantities.backorders or self.qty <= goods.stock
        return enough and goods.kind is not Kind.BUNDLE


@dataclass(slots=True)
class Quote:
    """Magento's cart: of a guest (who knows its masked id) or of a customer."""

    number: int
    created_at: str
    updated_at: str
    billing: Address
    shipping: Address
    view: View
    currency: Currency
    masked_id: str | None = None
    customer: Customer | None = None
    active: bool = True
    lines: list[Line] = field(default_factory=list)
    ships_by: str | None = None
    reserved_order_id: str | None = None

    @property
    def rate(self) -> Decimal:
        return self.view.website.rate(self.currency)

    def visible_lines(self) -> list[Line]:
        """Leave out what was disabled later: it is still counted, but no longer shown."""
        return [line for line in self.lines if line.enabled]

    @property
    def is_virtual(self) -> bool:
        """Say whether there is nothing to send."""
        return bool(self.lines) and not any(line.product.is_sent for line in self.lines)

    def total_qty(self) -> Decimal:
        return sum((line.qty for line in self.lines), Decimal(0))

    def line(self, number: int) -> Line | None:
        return next((line for line in self.lines if line.number == number), None)

    def line_of(self, product: Product, variant: Product | None = None) -> Line | None:
        held = (line for line in self.lines if not line.is_gift)
        return next((x for x in held if x.product is product and x.variant is variant), None)


@dataclass(slots=True)
class Quotes:
    clock: Clock
    default_view: View
    by_number: dict[int, Quote] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _line_numbers: count[int] = field(default_factory=lambda: count(1))
    _address_numbers: count[int] = field(default_factory=lambda: count(1))

    def create_for_guest(
        self,
        masked_id: str | None = None,
        *,
        view: View | None = None,
        currency: Currency | None = None,
    ) -> Quote:
        quote = self._create(view or self.default_view, currency)
        quote.masked_id = masked_id or _random_mask()
        return quote

    def create_for_customer(self, customer: Customer, *, view: View | None = None) -> Quote:
        quote = self._create(view or self.default_view)
        self.own(quote, customer)
        return quote

    def by_masked_id(self, masked_id: str) -> Quote | None:
        """Find a quote, a customer's too; the column's collation ignores case."""
        wanted = masked_id.lower()
        held = (quote for quote in self.by_number.values() if quote.masked_id is not None)
        return next((quote for quote in held if str(quote.masked_id).lower() == wanted), None)

    def active_of(self, customer: Customer, website: Website | None = None) -> Quote | None:
        """Give a customer's quote in a website, of which there is one at most."""
        wanted = website or self.default_view.website
        mine = (one for one in self.by_number.values() if one.active and one.customer == customer)
        return next((one for one in mine if one.view.website == wanted), None)

    def active(self, number: int) -> Quote | None:
        quote = self.by_number.get(number)
        return quote if quote is not None and quote.active else None

    def mask(self, quote: Quote) -> str:
        """Give the masked id, made now where there is none: so a customer's quote gets one."""
        if quote.masked_id is None:
            quote.masked_id = _random_mask()
        return quote.masked_id

    def put(self, quote: Quote, product: Product, qty: Decimal) -> Line:
        """Add what a product puts into a cart, and give the first line of it."""
        line = self.raise_lines(quote, product, qty)
        self.touch(quote)
        return line

    def raise_lines(
        self, quote: Quote, product: Product, qty: Decimal, variant: Product | None = None
    ) -> Line:
        """Add lines or raise those there are; whoever calls has checked the rules, and touches.

        A group puts its members into the cart, and not itself.
        """
        if product.kind is Kind.GROUPED:
            lines = [self._raise(quote, each, qty) for each in product.parts.values()]
            for each in lines:
                each.came_in = product
            return lines[0]
        return self._raise(quote, product, qty, variant)

    def _raise(
        self, quote: Quote, product: Product, qty: Decimal, variant: Product | None = None
    ) -> Line:
        line = quote.line_of(product, variant)
        if line is None:
            group_id = quote.customer.group_id if quote.customer else 0
            base_price = quote.view.website.base_price(variant or product, group_id)
            price = base_price * quote.rate
            number = next(self._line_numbers)
            line = Line(number, product, Decimal(0), base_price, price, variant)
            quote.lines.append(line)
        line.qty += qty
        return line

    def move(self, quote: Quote, view: View, currency: Currency) -> None:
        """Take a quote to another store view of its website or currency: all is priced anew."""
        quote.view, quote.currency = view, currency
        for line in quote.lines:
            line.price = line.base_price * quote.rate
        self.touch(quote)

    def merge(self, into: Quote, source: Quote) -> None:
        for line in source.lines:
            self.raise_lines(into, line.product, line.qty, line.variant)
        self.touch(into)
        source.active = False

    def assign(self, quote: Quote, customer: Customer) -> None:
        """Make a guest's quote a customer's: theirs is merged in, the masked id is gone."""
        theirs = self.active_of(customer, quote.view.website)
        if theirs is not None:
            self.merge(quote, theirs)
        self.own(quote, customer)

    def own(self, quote: Quote, customer: Customer) -> None:
        quote.customer = customer
        quote.masked_id = None
        quote.billing = replace(quote.billing, email=customer.email)
        quote.shipping = replace(quote.shipping, email=customer.email)
        self.touch(quote)

    def disown(self, quote: Quote) -> None:
        """Leave a quote to nobody: its customer's account was closed."""
        quote.customer = None
        quote.masked_id = None
        self.touch(quote)

    def require_active(self, quote: Quote) -> None:
        if not quote.active:
            raise NotFound.entity("cartId", str(quote.number))

    def next_address(self) -> int:
        return next(self._address_numbers)

    def touch(self, quote: Quote) -> None:
        """Note that the quote has changed, and let the rules add or take their gifts."""
        paid = [line for line in quote.lines if not line.is_gift]
        earned = [line.product.gift for line in paid if line.product.gift]
        quote.lines = [line for line in quote.lines if not line.is_gift or line.product in earned]
        for gift in earned:
            if not any(line.is_gift and line.product is gift for line in quote.lines):
                number, free = next(self._line_numbers), Decimal(0)
                line = Line(number, gift, Decimal(1), free, free, is_gift=True)
                quote.lines.append(line)
        quote.updated_at = stamp(self.clock())

    def _create(self, view: View, currency: Currency | None = None) -> Quote:
        now = stamp(self.clock())
        quote = Quote(
            number=next(self._numbers),
            created_at=now,
            updated_at=now,
            billing=Address(self.next_address()),
            shipping=Address(self.next_address()),
            view=view,
            currency=currency or view.currency,
        )
        self.by_number[quote.number] = quote
        return quote


def _random_mask() -> str:
    return "".join(choice(string.ascii_letters + string.digits) for _ in range(MASKED_LENGTH))
