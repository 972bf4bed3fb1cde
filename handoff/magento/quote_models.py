"""Quotes and their lines as the shop describes them, and masked ids."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from handoff.bag import BagLine
from handoff.magento.answers import ShopJsonModel

_MASKED_ID_LENGTH = 32

Sku = Annotated[str, Field(strict=True, min_length=1, pattern=r"^[^\x00]*$")]
"""A sku in an answer of the shop. PostgreSQL stores no NUL character."""

Quantity = Annotated[Decimal, Field(ge=0, lt=10**9, decimal_places=20, allow_inf_nan=False)]
"""A quantity in an answer of the shop, which may write it as a number or as text."""


class SkuJson(ShopJsonModel):
    """A product in an answer of GraphQL, of which the sku is enough."""

    sku: Sku


class MoneyJson(ShopJsonModel):
    """An amount in an answer of GraphQL."""

    value: Annotated[Decimal, Field(allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class QuoteCustomer:
    """The customer that a quote belongs to, and the group whose prices apply.

    `tax` decides the tax in the prices that the shop shows to this customer: `class_id`, and
    `billing` and `shipping` for the default addresses. Each of these has `country_id`, `region_id`
    and `postcode`. Everything may be missing.
    """

    customer_id: int
    group_id: int
    tax: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QuoteLine(BagLine):
    """A line of a quote with Magento's id for it.

    `is_free` says that nothing has to be paid for the line: its price is zero or, as far as the
    line details are known, a discount covers all of it.

    Chosen options and the parts of a bundle make the sku of a line longer than the sku of its
    product. `sku_without_options` is the shorter one, set once the line details are known.
    """

    item_id: int
    is_free: bool = False
    sku_without_options: str | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote. `customer` is None for a guest's; `masked_id`, a credential, is set for a guest.

    `is_active` is False after an order, and also after the quote was merged into another one. The
    shop sets `reserved_order_number` when it begins to place an order.
    `hidden_line_count` is the number of lines that the shop counts but does not show, because
    their products are disabled. `total` is the price of the lines after discounts and before tax,
    and known only for a quote that was created from a bag and that took every line at once.
    """

    number: int
    is_active: bool
    store_id: int
    currency: str
    lines: tuple[QuoteLine, ...]
    customer: QuoteCustomer | None
    reserved_order_number: str | None = None
    hidden_line_count: int = 0
    masked_id: str | None = field(default=None, repr=False)
    total: Decimal | None = None


def is_masked_id(value: object) -> bool:
    """Return whether a value has the form of a masked id: 32 letters and digits."""
    if not isinstance(value, str) or len(value) != _MASKED_ID_LENGTH:
        return False
    return value.isascii() and value.isalnum()


def generate_masked_id() -> str:
    """Return a new masked id. The shop accepts any unused one, so it must be unguessable."""
    return secrets.token_hex(_MASKED_ID_LENGTH // 2)
