"""The codes of refused lines, found from Magento's error messages or from the product.

Magento's messages are in the shop's language, and this module knows the English ones. For other
languages it looks up the type of the product and tries another quantity of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from handoff.bag import BagLine, normalize_sku
from handoff.deadline import Deadline
from handoff.magento.answers import Answer, ShopJsonModel
from handoff.magento.client import MagentoClient
from handoff.magento.graphql_product_pages import fetch_products
from handoff.magento.quote_models import Sku
from handoff.problems import Fault, ShopTimeout, ShopUnavailable
from handoff.settings.store_view_models import StoreView

REFUSAL_TEXTS = {
    "unknown_sku": "The shop does not know this sku.",
    "sku_differs": (
        "The shop takes this sku for another one, which differs in accents or in blanks at the "
        "end. Send the sku as the catalogue spells it."
    ),
    "unavailable": "This item is not available at present.",
    "not_sold_here": "The shop does not sell this item in this store view.",
    "options_required": (
        "This item needs chosen options. Send the sku of a variant, or transfer a quote "
        "that holds the item with its options."
    ),
    "bundle_options_required": (
        "This item is a bundle that needs chosen parts. Transfer a quote that holds it with its "
        "parts."
    ),
    "links_required": (
        "This download needs chosen links. Transfer a quote that holds it with them."
    ),
    "grouped_product": "This sku names a group of items. Send the skus of the items.",
    "quantity_unavailable": "The shop does not have this quantity of the item.",
    "quantity_too_small": "The shop sells this item only in larger quantities.",
    "quantity_too_large": "The shop sells only a smaller quantity of this item in one cart.",
    "quantity_step": "The shop sells this item only in multiples of a certain quantity.",
    "refused": "The shop refuses this line.",
}
_TEXTS_WITH_NUMBER = {
    "quantity_too_small": "The shop sells this item only in a quantity of {} or more.",
    "quantity_too_large": "The shop sells at most {} of this item in one cart.",
    "quantity_step": "The shop sells this item only in multiples of {}.",
}

# The first of these parts in the message decides.
_CODES_BY_MESSAGE = (
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

_PRODUCTS_QUERY = """query($values: [String!]!, $size: Int!, $page: Int!) {
  products(filter: {sku: {in: $values}}, pageSize: $size, currentPage: $page) {
    total_count
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
    """A line that is not in the cart as asked, with the shop's answer, or with the code if known.

    `other_sku` is the sku of the product that the shop has added instead.
    """

    line: BagLine
    answer: Answer | None = None
    code: str | None = None
    other_sku: str | None = None


class _OptionJson(ShopJsonModel):
    required: bool | None = None


class _ProductJson(ShopJsonModel):
    sku: Sku
    type_name: Annotated[str | None, Field(alias="__typename")] = None
    stock_status: str | None = None
    options: tuple[_OptionJson | None, ...] | None = None
    links_purchased_separately: int | None = None


def explain_refusals(
    refusals: Iterable[LineRefusal],
    *,
    try_add: Callable[[BagLine], bool],
    client: MagentoClient,
    store: StoreView,
    deadline: Deadline,
) -> tuple[Fault, ...]:
    """Return a fault for each line; its code is `refused` if the reason is not found in time.

    `try_add` adds a line with another quantity to the cart and returns whether that worked.
    """
    refusals = list(refusals)
    codes = {each.line.sku: each.code or _find_code_by_message(each.answer) for each in refusals}
    unclear = [refusal for refusal in refusals if codes[refusal.line.sku] is None]
    if unclear:
        try:
            skus = [refusal.line.sku for refusal in unclear]
            products = _fetch_products(skus, client, store, deadline)
            for refusal in unclear:
                code = _determine_code_by_product(refusal, products, try_add)
                codes[refusal.line.sku] = code
        except (ShopTimeout, ShopUnavailable):
            pass
    return tuple(_build_fault(each, codes[each.line.sku] or "refused") for each in refusals)


def _find_code_by_message(answer: Answer | None) -> str | None:
    """Return the code for the shop's error message, or None if the message is not known."""
    if answer is None:
        return None
    if answer.status == HTTPStatus.NOT_FOUND:
        return "unknown_sku"
    message = answer.message.lower()
    return next((code for part, code in _CODES_BY_MESSAGE if part in message), None)


def _fetch_products(
    skus: list[str], client: MagentoClient, store: StoreView, deadline: Deadline
) -> dict[str, _ProductJson] | None:
    """Return the products on sale by normalized sku; return None if GraphQL does not answer."""
    products = fetch_products(
        client, _PRODUCTS_QUERY, skus, _ProductJson, store=store, deadline=deadline
    )
    if products is None:
        return None
    return {normalize_sku(product.sku): product for product in products}


def _determine_code_by_product(
    refusal: LineRefusal,
    products: dict[str, _ProductJson] | None,
    try_add: Callable[[BagLine], bool],
) -> str:
    line = refusal.line
    product = (products or {}).get(normalize_sku(line.sku))
    if product is not None:
        if product.stock_status == "OUT_OF_STOCK":
            return "unavailable"
        code = _find_missing_choice(product)
        if code is not None:
            return code
    number = _find_last_number(refusal)
    if number is not None and number > line.quantity:
        if try_add(BagLine(line.sku, Decimal(number))):
            return "quantity_too_small"
    if line.quantity > 1 and try_add(BagLine(line.sku, Decimal(1))):
        return "quantity_unavailable"
    return "unavailable" if products is not None and product is None else "refused"


def _find_missing_choice(product: _ProductJson) -> str | None:
    """Return the code for the choice that this product requires from a buyer, or None."""
    if product.type_name == "ConfigurableProduct":
        return "options_required"
    if product.type_name == "BundleProduct":
        return "bundle_options_required"
    if product.type_name == "DownloadableProduct" and product.links_purchased_separately:
        return "links_required"
    is_required = any(option is not None and option.required for option in product.options or ())
    return "options_required" if is_required else None


def _find_last_number(refusal: LineRefusal) -> int | None:
    """Return the last number in the shop's message, which is the smallest quantity or the step."""
    numbers = _NUMBER.findall(refusal.answer.message) if refusal.answer else []
    return int(numbers[-1][:9]) if numbers else None


def _build_fault(refusal: LineRefusal, code: str) -> Fault:
    number = _find_last_number(refusal) if code in _TEXTS_WITH_NUMBER else None
    detail = REFUSAL_TEXTS[code] if number is None else _TEXTS_WITH_NUMBER[code].format(number)
    if refusal.other_sku:
        detail = f"{detail} It is: {refusal.other_sku}"
    return Fault(code, detail, sku=refusal.line.sku)
