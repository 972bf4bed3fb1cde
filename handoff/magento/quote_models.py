"""What the shop tells about a quote."""

from __future__ import annotations

from dataclasses import dataclass, field

from handoff.bag import BagLine


@dataclass(frozen=True, slots=True)
class QuoteCustomer:
    """The customer that a quote belongs to, and the group whose prices apply."""

    customer_id: int
    group_id: int


@dataclass(frozen=True, slots=True)
class QuoteLine(BagLine):
    """A line of a quote by Magento's number of it, and whether it costs nothing.

    Chosen options and a bundle's parts make the sku of a line longer than that of its product.
    Where that is known, by a closer look, `product_sku` is the shorter one.
    """

    number: int
    free: bool = False
    product_sku: str | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What one look at the shop tells about a quote. `customer` is None for a guest's.

    `gone` counts the lines that the shop still counts but no longer shows: their products have
    been switched off. The masked id is there for guests; it is a credential.
    """

    number: int
    active: bool
    store_id: int
    currency: str
    lines: tuple[QuoteLine, ...]
    customer: QuoteCustomer | None
    gone: int = 0
    masked_id: str | None = field(default=None, repr=False)
