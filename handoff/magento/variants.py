"""Finds the configurable product and the chosen options that a variant stands for.

A bag names the variant, which is a separate product that the shop never shows by itself. If it were
added to a cart by its own sku, it would have no options and a name that no shopper has seen. So
Handoff adds the configurable product with these options chosen.

Magento cannot find a parent by the sku of its child. But its product search, which is open to
anyone, also finds a configurable product by the URL keys of its variants.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from handoff.bag import normalize_sku
from handoff.deadline import Deadline
from handoff.magento.answers import ShopJsonModel
from handoff.magento.client import MagentoClient
from handoff.magento.graphql_product_pages import fetch_products
from handoff.magento.product_cache import ProductCache
from handoff.magento.quote_models import SkuJson
from handoff.settings.store_view_models import StoreView

_PRODUCTS_QUERY = """query($values: [String!]!, $size: Int!, $page: Int!) {
  products(filter: {url_key: {in: $values}}, pageSize: $size, currentPage: $page) {
    total_count
    items {
      sku
      ... on ConfigurableProduct { variants { product { sku } attributes { uid } } }
    }
  }
}"""


@dataclass(frozen=True, slots=True)
class VariantChoice:
    """The configurable product and the chosen options that equal a variant."""

    parent_sku: str
    option_uids: tuple[str, ...]


class _AttributeJson(ShopJsonModel):
    uid: str


class _VariantJson(ShopJsonModel):
    product: SkuJson | None = None
    attributes: tuple[_AttributeJson, ...] = ()


class _ConfigurableJson(SkuJson):
    variants: tuple[_VariantJson | None, ...] | None = None


class Variants:
    """Finds the choices that variants stand for, and keeps them in `cache`."""

    def __init__(self, client: MagentoClient) -> None:
        self._client = client
        self.cache: ProductCache[VariantChoice] = ProductCache()

    def fetch_choices(
        self, url_keys: Collection[str], *, store: StoreView, deadline: Deadline
    ) -> dict[str, VariantChoice]:
        """Ask the shop for the choices of variants by their URL keys, keyed by normalized sku.

        A variant of several products is left out: it is unknown which of them the app has shown.
        """
        products = fetch_products(
            self._client,
            _PRODUCTS_QUERY,
            sorted(url_keys),
            _ConfigurableJson,
            store=store,
            deadline=deadline,
        )
        choices = _collect_choices(products or [])
        self.cache.add(choices, store=store)
        return choices


def _collect_choices(products: Iterable[_ConfigurableJson]) -> dict[str, VariantChoice]:
    found = defaultdict(list)
    for product in products:
        for variant in product.variants or ():
            if variant is not None and variant.product is not None:
                uids = tuple(attribute.uid for attribute in variant.attributes)
                found[normalize_sku(variant.product.sku)].append(VariantChoice(product.sku, uids))
    return {key: choices[0] for key, choices in found.items() if len(choices) == 1}
