from __future__ import annotations

import string
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count
from secrets import choice

from handoff.sandbox.addresses import Address
from handoff.sandbox.catalogue import Product
from handoff.sandbox.clock import Clock, stamp
from handoff.sandbox.errors import NotFound
from handoff.sandbox.people import Customer
from handoff.sandbox.scopes import Currency, View, Website

MASKED_LENGTH = 32


@dataclass(slots=True)
class Line:
    """What was put into a quote; `base_price` is in the website's own currency."""

    number: int
    product: Product
    qty: Decimal
    base_price: Decimal
    price: Decimal

    @property
    def row_total(self) -> Decimal:
        return self.price * self.qty


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
        return [line for line in self.lines if line.product.enabled]

    def total_qty(self) -> Decimal:
        return sum((line.qty for line in self.lines), Decimal(0))

    def line(self, number: int) -> Line | None:
        return next((line for line in self.lines if line.number == number), None)

    def line_of(self, product: Product) -> Line | None:
        return next((line for line in self.lines if line.product is product), None)


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
        """Add a line or raise the one there is; whoever calls has checked the rules."""
        line = quote.line_of(product)
        if line is None:
            base_price = quote.view.website.base_price(product)
            price = base_price * quote.rate
            line = Line(next(self._line_numbers), product, Decimal(0), base_price, price)
            quote.lines.append(line)
        line.qty += qty
        self.touch(quote)
        return line

    def move(self, quote: Quote, view: View, currency: Currency) -> None:
        """Take a quote to another store view of its website or currency: all is priced anew."""
        quote.view, quote.currency = view, currency
        for line in quote.lines:
            line.price = line.base_price * quote.rate
        self.touch(quote)

    def merge(self, into: Quote, source: Quote) -> None:
        for line in source.lines:
            self.put(into, line.product, line.qty)
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

    def require_active(self, quote: Quote) -> None:
        if not quote.active:
            raise NotFound.entity("cartId", str(quote.number))

    def next_address(self) -> int:
        return next(self._address_numbers)

    def touch(self, quote: Quote) -> None:
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
