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
from handoff.magento.client import MagentoClient, ShopJson
from handoff.magento.product_cache import ProductCache
from handoff.magento.product_pagination import fetch_products
from handoff.magento.quote_models import Sku
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


class _ChildProductJson(ShopJson):
    sku: Sku


class _AttributeJson(ShopJson):
    uid: str


class _VariantJson(ShopJson):
    product: _ChildProductJson | None = None
    attributes: tuple[_AttributeJson, ...] = ()


class _ConfigurableJson(ShopJson):
    sku: Sku
    variants: tuple[_VariantJson | None, ...] | None = None


class Variants:
    """Finds the choices that variants stand for, and caches them."""

    def __init__(self, client: MagentoClient) -> None:
        self._client = client
        self._cache: ProductCache[VariantChoice] = ProductCache()

    def get_cached(self, skus: Iterable[str], *, store: StoreView) -> dict[str, VariantChoice]:
        """Return the cached choices of these skus, keyed by normalized sku."""
        return self._cache.get(skus, store=store)

    def remove_cached(self, skus: Iterable[str], *, store: StoreView) -> None:
        """Remove the choices of these skus from the cache."""
        self._cache.remove(skus, store=store)

    def find_choices(
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
        self._cache.add(choices, store=store)
        return choices


def _collect_choices(products: Iterable[_ConfigurableJson]) -> dict[str, VariantChoice]:
    found = defaultdict(list)
    for product in products:
        for variant in product.variants or ():
            if variant is not None and variant.product is not None:
                uids = tuple(attribute.uid for attribute in variant.attributes)
                found[normalize_sku(variant.product.sku)].append(VariantChoice(product.sku, uids))
    return {key: choices[0] for key, choices in found.items() if len(choices) == 1}
