"""Which products a rehearsal puts into its bags: simple ones that the shop sells just now."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from handoff.magento.client import Answer
from handoff.rehearsal.carts import Cart
from handoff.rehearsal.cleanup import Cleanup
from handoff.rehearsal.outcome import Unexpected
from handoff.rehearsal.shop import Shop, told

WANTED = 2
_TRIED_QUANTITY = 2
_MOST_TRIED = 40
_IN_THE_CATALOGUE = "query($size: Int!) { products(filter: {}, pageSize: $size) { items { sku } } }"
_TODO = "Name two simple products that are in stock with --sku, once for each."


def choose(shop: Shop, skus: tuple[str, ...], cleanup: Cleanup) -> tuple[str, str]:
    """Return two skus that go into a cart twice: of those named, else of the catalogue.

    What the catalogue says of stock and options is not asked: a cart on trial knows it better.
    """
    cart = Cart.for_guest(shop)
    cleanup.later("the cart in which products were tried", cart.empty)
    found: list[str] = []
    for sku in skus or _catalogue(shop):
        answer = cart.try_to_add(sku, _TRIED_QUANTITY)
        if _is_good(answer):
            found.append(str(answer.body["sku"]))
        elif skus:
            expected = f"{sku} to go into a cart, {_TRIED_QUANTITY} of it"
            raise Unexpected(expected, _why(answer), _TODO)
        if len(found) == WANTED:
            return found[0], found[1]
    raise Unexpected(
        f"{WANTED} simple products that go into a cart, {_TRIED_QUANTITY} of each",
        f"{len(found)} of the first {_MOST_TRIED} of the catalogue",
        _TODO,
    )


def _is_good(answer: Answer) -> bool:
    if answer.status != HTTPStatus.OK:
        return False
    is_simple = answer.body.get("product_type") == "simple"
    return is_simple and Decimal(str(answer.body.get("price", 0))) > 0


def _why(answer: Answer) -> str:
    is_taken = answer.status == HTTPStatus.OK
    return "it is free, or no simple product" if is_taken else told(answer)


def _catalogue(shop: Shop) -> Iterator[str]:
    """Give skus by GraphQL, which everybody may ask, and after those by an administrator's REST."""
    data = shop.graphql(_IN_THE_CATALOGUE, {"size": _MOST_TRIED})
    yield from _skus(data.get("products") if isinstance(data, dict) else None)
    if shop.access is None:
        return
    where = "searchCriteria[filterGroups]"
    params = {"searchCriteria[pageSize]": str(_MOST_TRIED), "fields": "items[sku]"}
    for group, (field, value) in enumerate((("type_id", "simple"), ("status", "1"))):
        params[f"{where}[{group}][filters][0][field]"] = field
        params[f"{where}[{group}][filters][0][value]"] = value
    yield from _skus(shop.as_admin("GET", "products", params=params, todo=_TODO))


def _skus(page: Any) -> list[str]:
    items = page.get("items") if isinstance(page, dict) else None
    return [str(item["sku"]) for item in items or [] if isinstance(item, dict)]
