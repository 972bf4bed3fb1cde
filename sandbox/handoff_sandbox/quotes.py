"""Quotes (Magento's carts) and their lines."""

from __future__ import annotations

import string
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count
from secrets import choice

from handoff_sandbox.accounts import ShopCustomer
from handoff_sandbox.catalogue import Product, ProductType
from handoff_sandbox.errors import NoSuchEntity
from handoff_sandbox.formats import Clock, format_timestamp
from handoff_sandbox.postal_address import PostalAddress
from handoff_sandbox.store_views import Currency, ShopView, Website

MASKED_ID_LENGTH = 32


@dataclass(slots=True)
class QuoteLine:
    """A product in a quote. Of a configurable product, `variant` is the chosen one.

    `base_price` is in the website's own currency. The sku of a bundle's line ends in the skus of
    its parts. `group` is the grouped product through which a member was added.
    """

    number: int
    product: Product
    qty: Decimal
    base_price: Decimal
    price: Decimal
    variant: Product | None = None
    is_gift: bool = False
    group: Product | None = None

    @property
    def type(self) -> ProductType:
        """The type that the shop shows. Members of a group show the group's."""
        return (self.group or self.product).type

    @property
    def sku(self) -> str:
        """The sku that the shop shows."""
        if self.product.type is ProductType.BUNDLE:
            return "-".join([self.product.sku, *(part.sku for part in self.product.parts.values())])
        return self.goods.sku

    @property
    def goods(self) -> Product:
        """The product that is sent: the variant, or without one the product itself."""
        return self.variant or self.product

    @property
    def row_total(self) -> Decimal:
        """The price of the whole line."""
        return self.price * self.qty

    @property
    def enabled(self) -> bool:
        """Whether the product and its variant are still on sale."""
        return self.product.enabled and (self.variant is None or self.variant.enabled)

    @property
    def can_be_bought(self) -> bool:
        """Whether checkout opens with this line. A bundle without chosen parts keeps it closed."""
        enough = self.goods.quantities.backorders or self.qty <= self.goods.stock
        return enough and self.goods.type is not ProductType.BUNDLE


@dataclass(slots=True)
class SandboxQuote:
    """The quote of a guest, who knows its masked id, or of a customer.

    A deleted customer's quote still belongs to them: nobody can check it out.
    """

    number: int
    created_at: str
    updated_at: str
    billing: PostalAddress
    shipping: PostalAddress
    view: ShopView
    currency: Currency
    masked_id: str | None = None
    customer: ShopCustomer | None = None
    active: bool = True
    is_customer_deleted: bool = False
    lines: list[QuoteLine] = field(default_factory=list)
    shipping_method: str | None = None
    reserved_order_id: str | None = None

    @property
    def rate(self) -> Decimal:
        """The price of one unit of the website's own currency in the quote's currency."""
        return self.view.website.get_rate(self.currency)

    @property
    def visible_lines(self) -> list[QuoteLine]:
        """The lines whose product is enabled. The others still count, but are not shown."""
        return [line for line in self.lines if line.enabled]

    @property
    def is_virtual(self) -> bool:
        """Whether there are lines and none of them is shipped."""
        return bool(self.lines) and not any(line.product.is_shipped for line in self.lines)

    @property
    def total_qty(self) -> Decimal:
        """The sum of all quantities."""
        return sum((line.qty for line in self.lines), Decimal(0))

    def find_line(self, number: int) -> QuoteLine | None:
        """Return the line with a number."""
        return next((line for line in self.lines if line.number == number), None)

    def find_line_of_product(
        self, product: Product, variant: Product | None = None
    ) -> QuoteLine | None:
        """Return the line of a product and variant that is not a gift."""
        paid = (line for line in self.lines if not line.is_gift)
        return next((x for x in paid if x.product is product and x.variant is variant), None)


@dataclass(slots=True)
class QuoteTable:
    """All quotes of the shop."""

    clock: Clock
    default_view: ShopView
    by_number: dict[int, SandboxQuote] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _line_numbers: count[int] = field(default_factory=lambda: count(1))
    _address_numbers: count[int] = field(default_factory=lambda: count(1))

    def create_for_guest(
        self,
        masked_id: str | None = None,
        *,
        view: ShopView | None = None,
        currency: Currency | None = None,
    ) -> SandboxQuote:
        """Create a guest's quote, with a masked id of the caller's or a random one."""
        quote = self._create_quote(view or self.default_view, currency)
        quote.masked_id = masked_id or _generate_masked_id()
        return quote

    def create_for_customer(
        self, customer: ShopCustomer, *, view: ShopView | None = None
    ) -> SandboxQuote:
        """Create a customer's quote."""
        quote = self._create_quote(view or self.default_view)
        self.set_owner(quote, customer)
        return quote

    def find_by_masked_id(self, masked_id: str) -> SandboxQuote | None:
        """Return a guest's or a customer's quote. The column's collation ignores case."""
        wanted = masked_id.lower()
        masked = (quote for quote in self.by_number.values() if quote.masked_id is not None)
        return next((quote for quote in masked if str(quote.masked_id).lower() == wanted), None)

    def find_active_of_customer(
        self, customer: ShopCustomer, website: Website | None = None
    ) -> SandboxQuote | None:
        """Return the one active quote that a customer may have in a website."""
        wanted = website or self.default_view.website
        active = (quote for quote in self.by_number.values() if quote.active)
        own = (quote for quote in active if quote.customer == customer)
        return next((quote for quote in own if quote.view.website == wanted), None)

    def find_active(self, number: int) -> SandboxQuote | None:
        """Return the quote with a number if it is active."""
        quote = self.by_number.get(number)
        return quote if quote is not None and quote.active else None

    def ensure_masked_id(self, quote: SandboxQuote) -> str:
        """Return the masked id. A customer's quote has none until it is asked for."""
        if quote.masked_id is None:
            quote.masked_id = _generate_masked_id()
        return quote.masked_id

    def add_product(self, quote: SandboxQuote, product: Product, qty: Decimal) -> QuoteLine:
        """Add a product, apply the gift rules, and return the first line that has changed."""
        line = self.add_quantity(quote, product, qty)
        self.apply_gift_rules(quote)
        return line

    def add_quantity(
        self, quote: SandboxQuote, product: Product, qty: Decimal, variant: Product | None = None
    ) -> QuoteLine:
        """Create a line or raise its quantity, and return the first line that has changed.

        The caller has validated the sale, and applies the gift rules afterwards. A grouped product
        adds its members and not itself.
        """
        if product.type is ProductType.GROUPED:
            lines = [self._add_to_line(quote, member, qty) for member in product.parts.values()]
            for line in lines:
                line.group = product
            return lines[0]
        return self._add_to_line(quote, product, qty, variant)

    def _add_to_line(
        self, quote: SandboxQuote, product: Product, qty: Decimal, variant: Product | None = None
    ) -> QuoteLine:
        line = quote.find_line_of_product(product, variant)
        if line is None:
            group_id = quote.customer.group_id if quote.customer else 0
            base_price = quote.view.website.get_base_price(variant or product, group_id)
            price = base_price * quote.rate
            number = next(self._line_numbers)
            line = QuoteLine(number, product, Decimal(0), base_price, price, variant)
            quote.lines.append(line)
        line.qty += qty
        return line

    def move_to_view(self, quote: SandboxQuote, view: ShopView, currency: Currency) -> None:
        """Move a quote to another store view or currency of its website, with new prices."""
        quote.view, quote.currency = view, currency
        for line in quote.lines:
            line.price = line.base_price * quote.rate
        self.apply_gift_rules(quote)

    def merge(self, target: SandboxQuote, source: SandboxQuote) -> None:
        """Add the lines of one quote to another, and close the first, which keeps its masked id."""
        for line in source.lines:
            self.add_quantity(target, line.product, line.qty, line.variant)
        self.apply_gift_rules(target)
        source.active = False

    def assign_to_customer(self, quote: SandboxQuote, customer: ShopCustomer) -> None:
        """Make a guest's quote a customer's: merge theirs into it, and delete the masked id."""
        customer_quote = self.find_active_of_customer(customer, quote.view.website)
        if customer_quote is not None:
            self.merge(quote, customer_quote)
        self.set_owner(quote, customer)

    def restore(self, quote: SandboxQuote) -> None:
        """Open an ordered quote again, as payment modules do after a failed payment."""
        quote.active = True
        quote.reserved_order_id = None
        quote.updated_at = format_timestamp(self.clock())

    def set_owner(self, quote: SandboxQuote, customer: ShopCustomer) -> None:
        """Make a quote a customer's, and delete its masked id."""
        quote.customer = customer
        quote.masked_id = None
        quote.billing = replace(quote.billing, email=customer.email)
        quote.shipping = replace(quote.shipping, email=customer.email)
        self.apply_gift_rules(quote)

    def require_active(self, quote: SandboxQuote) -> None:
        """Raise NoSuchEntity if the quote was ordered or merged into another."""
        if not quote.active:
            raise NoSuchEntity.build_for_id("cartId", str(quote.number))

    def generate_address_number(self) -> int:
        """Return an id for a new address."""
        return next(self._address_numbers)

    def apply_gift_rules(self, quote: SandboxQuote) -> None:
        """Add the gifts that the lines earn, remove the others, and set the time of change."""
        paid = [line for line in quote.lines if not line.is_gift]
        earned = [line.product.gift for line in paid if line.product.gift]
        quote.lines = [line for line in quote.lines if not line.is_gift or line.product in earned]
        for gift in earned:
            if not any(line.is_gift and line.product is gift for line in quote.lines):
                number, free = next(self._line_numbers), Decimal(0)
                quote.lines.append(QuoteLine(number, gift, Decimal(1), free, free, is_gift=True))
        quote.updated_at = format_timestamp(self.clock())

    def _create_quote(self, view: ShopView, currency: Currency | None = None) -> SandboxQuote:
        now = format_timestamp(self.clock())
        quote = SandboxQuote(
            number=next(self._numbers),
            created_at=now,
            updated_at=now,
            billing=PostalAddress(self.generate_address_number()),
            shipping=PostalAddress(self.generate_address_number()),
            view=view,
            currency=currency or view.currency,
        )
        self.by_number[quote.number] = quote
        return quote


def _generate_masked_id() -> str:
    return "".join(choice(string.ascii_letters + string.digits) for _ in range(MASKED_ID_LENGTH))
