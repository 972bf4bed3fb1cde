"""Configurable products found by one of their variants.

An app's bag names the variant: a product of its own, which the shop shows nowhere by itself. Put
into a cart as it is, it is bought without its options and under a name that no shopper has seen.
So the product that it is a variant of is looked for, to be added with these options chosen.

Magento finds no parent by the sku of a child. But its search knows a configurable product by the
URL keys of its variants as well, and is open to anyone.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from handoff.bag import sku_key
from handoff.deadline import Deadline
from handoff.magento.client import Answer, MagentoClient
from handoff.settings.store_views import StoreView

_KNOWN_FOR = 600.0  # seconds
_MOST_KNOWN = 20_000

_FIND = """query($keys: [String!]!, $size: Int!) {
  products(filter: {url_key: {in: $keys}}, pageSize: $size) {
    items {
      sku
      ... on ConfigurableProduct { variants { product { sku } attributes { uid } } }
    }
  }
}"""


@dataclass(frozen=True, slots=True)
class Choice:
    """A variant as the choice of options of its configurable product."""

    parent_sku: str
    option_uids: tuple[str, ...]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _ProductShape(_Shape):
    sku: str


class _AttributeShape(_Shape):
    uid: str


class _VariantShape(_Shape):
    product: _ProductShape | None = None
    attributes: list[_AttributeShape] = []


class _ItemShape(_Shape):
    sku: str
    variants: list[_VariantShape] = []


class Variants:
    """Finds the choices that variants stand for, and remembers them for a few minutes.

    What is remembered may be out of date: a cart that was filled by it has to be checked.
    """

    def __init__(self, client: MagentoClient) -> None:
        self._client = client
        self._known: dict[tuple[str, str], tuple[float, Choice]] = {}

    def known(self, skus: Iterable[str], *, store: StoreView) -> dict[str, Choice]:
        """Return the remembered choices of these skus, by the sku in lower case."""
        now = time.monotonic()
        found = {sku: self._known.get((store.code, sku)) for sku in map(sku_key, skus)}
        return {sku: held[1] for sku, held in found.items() if held and held[0] > now}

    def forget(self, skus: Iterable[str], *, store: StoreView) -> None:
        """Remember nothing of these skus."""
        for sku in skus:
            self._known.pop((store.code, sku_key(sku)), None)

    def find(
        self, url_keys: Collection[str], *, store: StoreView, deadline: Deadline
    ) -> dict[str, Choice]:
        """Ask the shop for the choices of variants, which the sku in lower case names.

        A variant of several products is left out, as nobody knows which the app has shown.
        """
        answer = self._client.graphql(
            _FIND,
            {"keys": list(url_keys), "size": 2 * len(url_keys)},
            store=store.code,
            deadline=deadline,
        )
        choices = _choices(answer)
        if len(self._known) + len(choices) > _MOST_KNOWN:
            self._known.clear()
        until = time.monotonic() + _KNOWN_FOR
        self._known |= {(store.code, sku): (until, choice) for sku, choice in choices.items()}
        return choices


def _choices(answer: Answer) -> dict[str, Choice]:
    try:
        items = [_ItemShape.model_validate(x) for x in answer.body["data"]["products"]["items"]]
    except (KeyError, TypeError, ValidationError):
        return {}
    found = defaultdict(list)
    for item in items:
        for variant in item.variants:
            if variant.product is not None:
                uids = tuple(attribute.uid for attribute in variant.attributes)
                found[sku_key(variant.product.sku)].append(Choice(item.sku, uids))
    return {sku: choices[0] for sku, choices in found.items() if len(choices) == 1}
