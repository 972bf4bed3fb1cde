"""Details of a quote's lines that only GraphQL provides, not REST."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

from pydantic import ValidationError

from handoff.bag import normalize_sku
from handoff.deadline import Deadline
from handoff.magento.answers import ShopJsonModel
from handoff.magento.client import MagentoClient
from handoff.magento.quote_models import MoneyJson, Quote, QuoteLine, SkuJson
from handoff.settings.store_view_models import StoreView

_LINES_FRAGMENT = """
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
_GUEST_QUERY = "query($id: String!) { cart(cart_id: $id) { ...lines } }" + _LINES_FRAGMENT
_CUSTOMER_QUERY = "query { customerCart { ...lines } }" + _LINES_FRAGMENT


class _PricesJson(ShopJsonModel):
    row_total: MoneyJson
    row_total_including_tax: MoneyJson
    total_item_discount: MoneyJson


class _LineDetailsJson(ShopJsonModel):
    uid: str
    product: SkuJson
    configured_variant: SkuJson | None = None
    prices: _PricesJson

    @property
    def is_fully_discounted(self) -> bool:
        net, gross = self.prices.row_total.value, self.prices.row_total_including_tax.value
        # Shops subtract discounts from the price before tax or, in most of Europe, from the price
        # with tax. Then a discount above the price before tax may still leave an amount to pay.
        discount = self.prices.total_item_discount.value
        return discount == net or 0 <= gross <= discount


class _DetailedCartJson(ShopJsonModel):
    items: tuple[_LineDetailsJson | None, ...]  # null is a line that Magento cannot show


def fetch_line_details(
    client: MagentoClient, quote: Quote, *, token: str | None, store: StoreView, deadline: Deadline
) -> tuple[QuoteLine, ...]:
    """Return the quote's lines with details, or unchanged if GraphQL does not answer."""
    answer = client.call_graphql(
        _CUSTOMER_QUERY if token else _GUEST_QUERY,
        {} if token else {"id": quote.masked_id},
        store=store.code,
        currency=quote.currency,
        deadline=deadline,
        token=token,
    )
    try:
        cart = _DetailedCartJson.model_validate(
            answer.body["data"]["customerCart" if token else "cart"]
        )
    except (KeyError, TypeError, ValidationError):
        client.missing_graphql_features.record_failure(answer.response, answer.body)
        return quote.lines
    by_uid = {line.uid: line for line in cart.items if line is not None}
    return tuple(_add_details(line, by_uid.get(_encode_uid(line))) for line in quote.lines)


def _encode_uid(line: QuoteLine) -> str:
    return b64encode(str(line.item_id).encode()).decode()


def _add_details(line: QuoteLine, details: _LineDetailsJson | None) -> QuoteLine:
    if details is None:
        return line
    # A variant has its own sku. The sku of its product would mean all variants.
    sku_without_options = (details.configured_variant or details.product).sku
    is_longer = normalize_sku(line.sku).startswith(f"{normalize_sku(sku_without_options)}-")
    return replace(
        line,
        is_free=line.is_free or details.is_fully_discounted,
        sku_without_options=sku_without_options if is_longer else None,
    )
