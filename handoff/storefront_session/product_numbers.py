"""Finds the numbers that the shop's form for adding to the cart needs: product and options.

The shop's pages name products by number, and a bag names them by sku. A cart over GraphQL has both,
and refuses a line with the same codes as for any other bag.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from handoff.bag import Bag, normalize_sku
from handoff.deadline import Deadline
from handoff.magento.answers import ShopJsonModel
from handoff.magento.client import MagentoClient
from handoff.magento.product_cache import ProductCache
from handoff.magento.quote_models import Quote, SkuJson
from handoff.magento.unusable_answers import log_and_build_unusable_answer_problem
from handoff.settings.store_view_models import StoreView

_QUERY = """query($id: String!) {
  cart(cart_id: $id) {
    items {
      product { uid sku }
      ... on ConfigurableCartItem {
        configured_variant { sku }
        configurable_options { configurable_product_option_value_uid }
      }
    }
  }
}"""


@dataclass(frozen=True, slots=True)
class NumberedProduct:
    """The number of a product, and the values of its options by the numbers of attributes."""

    product_id: int
    options: Mapping[str, str] = field(default_factory=dict)


class _NumberedProductJson(SkuJson):
    uid: str


class _ChosenOptionJson(ShopJsonModel):
    configurable_product_option_value_uid: str


class _NumberedItemJson(ShopJsonModel):
    product: _NumberedProductJson
    configured_variant: SkuJson | None = None
    configurable_options: tuple[_ChosenOptionJson, ...] = ()

    @property
    def sku(self) -> str:
        return normalize_sku((self.configured_variant or self.product).sku)

    def build_product(self) -> NumberedProduct:
        """Return the product. Raises ValueError for a uid of another form."""
        uids = (
            option.configurable_product_option_value_uid for option in self.configurable_options
        )
        # Such a uid is "configurable/<attribute>/<value>", in base64.
        parts = (_decode_uid(uid).split("/") for uid in uids)
        options = {attribute: value for _, attribute, value in parts}
        return NumberedProduct(int(_decode_uid(self.product.uid)), options)


class _NumberedCartJson(ShopJsonModel):
    items: tuple[_NumberedItemJson | None, ...]


class ProductNumbers:
    """Finds the numbers of products, and caches them."""

    def __init__(self, client: MagentoClient) -> None:
        self._client = client
        self._cache: ProductCache[NumberedProduct] = ProductCache()

    def find_cached(self, bag: Bag, *, store: StoreView) -> dict[str, NumberedProduct] | None:
        """Return the products of a bag by normalized sku, None unless all are cached."""
        found = self._cache.get(_list_skus(bag), store=store)
        return found if len(found) == len(bag.lines) else None

    def remove_cached(self, bag: Bag, *, store: StoreView) -> None:
        """Remove the products of a bag from the cache."""
        self._cache.remove(_list_skus(bag), store=store)

    def fetch_from_quote(
        self, quote: Quote, *, store: StoreView, deadline: Deadline
    ) -> dict[str, NumberedProduct]:
        """Return and cache the products of a guest's quote, by normalized sku.

        Raises ShopUnavailable if GraphQL does not tell them, and ShopTimeout.
        """
        answer = self._client.call_graphql(
            _QUERY, {"id": quote.masked_id}, store=store.code, deadline=deadline
        )
        try:
            cart = _NumberedCartJson.model_validate(answer.body["data"]["cart"])
            products = {item.sku: item.build_product() for item in cart.items if item is not None}
        except (KeyError, TypeError, ValueError, ValidationError):
            raise log_and_build_unusable_answer_problem(
                answer, "The shop's GraphQL does not tell the numbers of the products."
            ) from None
        self._cache.add(products, store=store)
        return products


def _list_skus(bag: Bag) -> Iterable[str]:
    return [line.sku for line in bag.lines]


def _decode_uid(uid: str) -> str:
    return b64decode(uid, validate=True).decode()
