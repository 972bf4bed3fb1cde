"""What GraphQL tells of a quote's lines and REST does not."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handoff.bag import sku_key
from handoff.deadline import Deadline
from handoff.magento.client import MagentoClient
from handoff.magento.quote_models import Quote, QuoteLine
from handoff.settings.store_views import StoreView

_LINES = """
fragment lines on Cart {
  items {
    uid
    product { sku }
    ... on ConfigurableCartItem { configured_variant { sku } }
    prices {
      row_total { value }
      row_total_including_tax { value }
      total_item_discount { value }
    }
  }
}"""
_GUESTS = "query($id: String!) { cart(cart_id: $id) { ...lines } }"
_CUSTOMERS = "query { customerCart { ...lines } }"


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _ProductShape(_Shape):
    sku: str


class _MoneyShape(_Shape):
    value: Annotated[Decimal, Field(allow_inf_nan=False)]


class _PricesShape(_Shape):
    row_total: _MoneyShape
    row_total_including_tax: _MoneyShape
    total_item_discount: _MoneyShape


class _LineShape(_Shape):
    uid: str
    product: _ProductShape
    configured_variant: _ProductShape | None = None
    prices: _PricesShape

    @property
    def free(self) -> bool:
        net, gross = self.prices.row_total.value, self.prices.row_total_including_tax.value
        # Shops take discounts off the price before tax or, as most of Europe does, with it. There
        # one that is larger than the price before tax may still leave something to pay.
        discount = self.prices.total_item_discount.value
        return discount == net or 0 <= gross <= discount


def fetch_line_details(
    client: MagentoClient, quote: Quote, *, token: str | None, store: StoreView, deadline: Deadline
) -> tuple[QuoteLine, ...]:
    """Return the quote's lines, with what GraphQL adds to them where it is to be had."""
    answer = client.graphql(
        (_CUSTOMERS if token else _GUESTS) + _LINES,
        {} if token else {"id": quote.masked_id},
        store=store.code,
        currency=quote.currency,
        deadline=deadline,
        token=token,
    )
    try:
        cart = answer.body["data"]["customerCart" if token else "cart"]
        shapes = [_LineShape.model_validate(each) for each in _without_holes(cart["items"])]
    except (KeyError, TypeError, ValidationError):
        return quote.lines
    by_uid = {shape.uid: shape for shape in shapes}
    return tuple(_closer(line, by_uid.get(_uid(line))) for line in quote.lines)


def _without_holes(items: list[Any]) -> list[Any]:
    return [item for item in items if item is not None]


def _uid(line: QuoteLine) -> str:
    return b64encode(str(line.number).encode()).decode()


def _closer(line: QuoteLine, shape: _LineShape | None) -> QuoteLine:
    if shape is None:
        return line
    # A variant goes by a sku of its own. That of its product would stand for all variants.
    product_sku = (shape.configured_variant or shape.product).sku
    is_longer = sku_key(line.sku).startswith(f"{sku_key(product_sku)}-")
    return replace(
        line, free=line.free or shape.free, product_sku=product_sku if is_longer else None
    )
