"""Chooses the products for the bags: two simple products that the shop currently sells."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from handoff.magento.answers import Answer
from handoff.magento.search_criteria import SearchFilter, build_search_criteria
from handoff.rehearsal.app_cart_client import AppCartClient
from handoff.rehearsal.app_shop_client import AppShopClient, describe_answer
from handoff.rehearsal.results import StepFailure
from handoff.undo_stack import UndoStack

PRODUCT_COUNT = 2
_QUANTITY = 2  # the most of one product in a cart
_STOCK = 4  # one cart is ordered, and the customer's is filled after that
_MAX_CANDIDATES = 40
_CATALOGUE_QUERY = "query($size: Int!) { products(filter: {}, pageSize: $size) { items { sku } } }"


def choose_products(
    shop: AppShopClient, skus: tuple[str, ...], undo_stack: UndoStack
) -> tuple[str, str]:
    """Return two skus that a cart accepts twice each, from the given ones or the catalogue.

    The catalogue says less about stock and options, so each product is tried in a cart.
    """
    cart = AppCartClient.create_for_guest(shop)
    undo_stack.defer("The cart in which products were tried", cart.remove_all_items)
    chosen = [*(_require_products(cart, skus) if skus else _find_products(shop, cart))]
    if len(chosen) < PRODUCT_COUNT:
        raise StepFailure(
            f"{PRODUCT_COUNT} simple products that go into a cart, {_QUANTITY} of each",
            f"{len(chosen)} of the first {_MAX_CANDIDATES} of the catalogue",
            "name_products",
        )
    return chosen[0], chosen[1]


def _require_products(cart: AppCartClient, skus: tuple[str, ...]) -> list[str]:
    """Return the skus as the shop spells them. Raises StepFailure unless a cart accepts each."""
    chosen = []
    for sku in skus[:PRODUCT_COUNT]:
        answer = cart.try_to_add(sku, _QUANTITY)
        if not _is_priced_simple_product(answer):
            expected = f"{sku} to go into a cart, {_QUANTITY} of it"
            raise StepFailure(expected, _describe_unsuitability(answer), "name_products")
        chosen.append(str(answer.body["sku"]))
    return chosen


def _find_products(shop: AppShopClient, cart: AppCartClient) -> list[str]:
    """Return skus of the catalogue, those first of which there is enough for an order as well."""
    plentiful: dict[str, None] = {}
    scarce: dict[str, None] = {}
    for sku in _list_candidate_skus(shop):
        for quantity, found in ((_STOCK, plentiful), (_QUANTITY, scarce)):
            answer = cart.try_to_add(sku, quantity)
            if _is_priced_simple_product(answer):
                found[str(answer.body["sku"])] = None
            if answer.status == HTTPStatus.OK:
                break
        if len(plentiful) == PRODUCT_COUNT:
            break
    return list(plentiful | scarce)


def _is_priced_simple_product(answer: Answer) -> bool:
    if answer.status != HTTPStatus.OK:
        return False
    is_simple = answer.body.get("product_type") == "simple"
    return is_simple and Decimal(str(answer.body.get("price", 0))) > 0


def _describe_unsuitability(answer: Answer) -> str:
    was_added = answer.status == HTTPStatus.OK
    return "it is free, or no simple product" if was_added else describe_answer(answer)


def _list_candidate_skus(shop: AppShopClient) -> Iterator[str]:
    """Yield skus from GraphQL, which needs no permission, then from an administrator's REST."""
    data = shop.call_graphql(_CATALOGUE_QUERY, {"size": _MAX_CANDIDATES})
    yield from _read_skus(data.get("products") if isinstance(data, dict) else None)
    if shop.access is None:
        return
    params = build_search_criteria(
        SearchFilter("type_id", "simple"),
        SearchFilter("status", "1"),
        page_size=_MAX_CANDIDATES,
        fields="items[sku]",
    )
    advice = "name_products"
    token = shop.require_admin_token(advice)
    yield from _read_skus(
        shop.call_or_fail("GET", "products", token=token, params=params, advice=advice)
    )


def _read_skus(page: Any) -> list[str]:
    items = page.get("items") if isinstance(page, dict) else None
    return [str(item["sku"]) for item in items or [] if isinstance(item, dict)]
