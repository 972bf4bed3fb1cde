"""Why the shop does not take a line: codes for what Magento says in words, in its own language.

The English words are known. For any other language the shop is asked what kind of product it is,
and whether it takes another quantity of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from handoff.bag import BagLine, sku_key
from handoff.deadline import Deadline
from handoff.magento.client import Answer, MagentoClient
from handoff.problems import Fault, ShopTimeout, ShopUnavailable
from handoff.settings.store_views import StoreView

REFUSAL_TEXTS = {
    "unknown_sku": "The shop does not know this sku.",
    "unavailable": "This item is not to be had at present.",
    "not_sold_here": "The shop does not sell this item in this store view.",
    "options_required": (
        "This item needs options to be chosen. Send the sku of a variant, or transfer a quote "
        "that holds the item with its options."
    ),
    "bundle_options_required": (
        "This item is a bundle, whose parts have to be chosen. Transfer a quote that holds it "
        "with its parts."
    ),
    "links_required": (
        "The links of this download have to be chosen. Transfer a quote that holds it with them."
    ),
    "grouped_product": "This sku stands for a group of items. Send the skus of the items.",
    "quantity_unavailable": "The shop does not have this quantity of the item.",
    "quantity_too_small": "The shop sells this item in larger quantities only.",
    "quantity_too_large": "The shop sells fewer of this item in one cart.",
    "quantity_step": "The shop sells this item in multiples of a quantity only.",
    "refused": "The shop refuses this line.",
}
_WITH_NUMBER = {
    "quantity_too_small": "The shop sells this item from {} on.",
    "quantity_too_large": "The shop sells at most {} of this item in one cart.",
    "quantity_step": "The shop sells this item in multiples of {} only.",
}

# The first part that is in the words decides.
_WORDS = (
    ("choose options", "options_required"),
    ("required options you selected are not available", "unavailable"),
    ("required option", "options_required"),
    ("specify product option", "bundle_options_required"),
    ("specify product link", "links_required"),
    ("fewest you may purchase", "quantity_too_small"),
    ("most you may purchase", "quantity_too_large"),
    ("exceeds the maximum qty", "quantity_too_large"),
    ("only in quantities of", "quantity_step"),
    ("requested qty", "quantity_unavailable"),
    ("is not available", "unavailable"),
    ("out of stock", "unavailable"),
    ("no source items", "unavailable"),
)

_KINDS = """query($skus: [String!]!, $size: Int!) {
  products(filter: {sku: {in: $skus}}, pageSize: $size) {
    items {
      sku
      __typename
      stock_status
      ... on CustomizableProductInterface { options { required } }
      ... on DownloadableProduct { links_purchased_separately }
    }
  }
}"""
_NUMBER = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class LineRefusal:
    """A line that is not in the cart: with what the shop said to it, or with a code already."""

    line: BagLine
    answer: Answer | None = None
    code: str | None = None


def explain_refusals(
    refusals: Iterable[LineRefusal],
    *,
    takes: Callable[[BagLine], bool],
    client: MagentoClient,
    store: StoreView,
    deadline: Deadline,
) -> tuple[Fault, ...]:
    """Return a fault for each line. `takes` tries whether the shop takes another quantity.

    Never raises: what cannot be found out in time is `refused`.
    """
    refusals = list(refusals)
    codes = {each.line.sku: each.code or _code(each.answer) for each in refusals}
    unclear = [each.line for each in refusals if codes[each.line.sku] is None]
    if unclear:
        try:
            products = _products(unclear, client, store, deadline)
            for each in refusals:
                if codes[each.line.sku] is None:
                    codes[each.line.sku] = _code_by_product(each, products, takes)
        except (ShopTimeout, ShopUnavailable):
            pass
    return tuple(_fault(each, codes[each.line.sku] or "refused") for each in refusals)


def _code(answer: Answer | None) -> str | None:
    """Return the code for what the shop says, or None where its words are not known."""
    if answer is None:
        return None
    if answer.status == HTTPStatus.NOT_FOUND:
        return "unknown_sku"
    words = answer.message.lower()
    return next((code for part, code in _WORDS if part in words), None)


def _products(
    lines: list[BagLine], client: MagentoClient, store: StoreView, deadline: Deadline
) -> dict[str, dict[str, Any]] | None:
    """Ask what kinds of products these are; those not on sale are missing. None: no GraphQL."""
    skus = [line.sku for line in lines]
    answer = client.graphql(
        _KINDS, {"skus": skus, "size": len(skus)}, store=store.code, deadline=deadline
    )
    try:
        items = answer.body["data"]["products"]["items"]
        return {sku_key(str(item["sku"])): item for item in items}
    except (KeyError, TypeError):
        return None


def _code_by_product(
    refusal: LineRefusal,
    products: dict[str, dict[str, Any]] | None,
    takes: Callable[[BagLine], bool],
) -> str:
    line = refusal.line
    product = (products or {}).get(sku_key(line.sku))
    if product is not None:
        if product.get("stock_status") == "OUT_OF_STOCK":
            return "unavailable"
        needs = _needs(product)
        if needs is not None:
            return needs
    number = _number(refusal)
    if number is not None and number > line.quantity and takes(BagLine(line.sku, Decimal(number))):
        return "quantity_too_small"
    if line.quantity > 1 and takes(BagLine(line.sku, Decimal(1))):
        return "quantity_unavailable"
    return "unavailable" if products is not None and product is None else "refused"


def _needs(product: dict[str, Any]) -> str | None:
    kind = product.get("__typename")
    if kind == "ConfigurableProduct":
        return "options_required"
    if kind == "BundleProduct":
        return "bundle_options_required"
    if kind == "DownloadableProduct" and product.get("links_purchased_separately"):
        return "links_required"
    options = product.get("options") or []
    is_required = any(isinstance(each, dict) and each.get("required") for each in options)
    return "options_required" if is_required else None


def _number(refusal: LineRefusal) -> int | None:
    """Return the last number in the shop's words, which is the least quantity or the step."""
    numbers = _NUMBER.findall(refusal.answer.message) if refusal.answer else []
    return int(numbers[-1][:9]) if numbers else None


def _fault(refusal: LineRefusal, code: str) -> Fault:
    number = _number(refusal) if code in _WITH_NUMBER else None
    detail = REFUSAL_TEXTS[code] if number is None else _WITH_NUMBER[code].format(number)
    return Fault(code, detail, sku=refusal.line.sku)
