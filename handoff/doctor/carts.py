"""Test carts: which product to put into one, how it is built, and how it is emptied."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from handoff.doctor.probe import Reply
from handoff.doctor.shop import Shop
from handoff.doctor.traces import Traces
from handoff.settings.store_views import StoreView

_TIDY_SECONDS = 6.0
_MOST_TRIED = 6
# What the service uses of GraphQL, in one document as it uses it.
_BUILD = """mutation($id: String!, $items: [CartItemInput!]!) {
  createEmptyCart(input: {cart_id: $id})
  addProductsToCart(cartId: $id, cartItems: $items) {
    cart { itemsV2(pageSize: 500) { items {
      quantity
      product { sku url_key url_rewrites { url } }
      ... on ConfigurableCartItem { configured_variant { sku } }
    } } }
  }
}"""
_COMPOSITES = ("ConfigurableProduct", "BundleProduct", "GroupedProduct")
_BUYABLE = """{ products(search: "", pageSize: 12) { items { sku __typename } } }"""


@dataclass(frozen=True, slots=True)
class CartBuilt:
    """What came of building a cart. `seconds` is for the whole of it, None where it failed."""

    reply: Reply = field(repr=False)
    seconds: float | None


def skus_to_try(shop: Shop, store: StoreView, token: str | None) -> list[str]:
    """Return skus of which one may well be bought by itself."""
    found = _by_admin(shop, store, token) if token else []
    return (found or _by_graphql(shop, store))[:_MOST_TRIED]


def build_by_graphql(shop: Shop, store: StoreView, sku: str | None, traces: Traces) -> CartBuilt:
    """Build a cart with one line in one document, as a transfer does."""
    masked_id = secrets.token_hex(16)
    empty_later(shop, store, masked_id, traces)
    items = [{"sku": sku, "quantity": 1}] if sku else []
    reply = shop.graphql(_BUILD, store=store, variables={"id": masked_id, "items": items})
    try:
        filled = reply.data["data"]["addProductsToCart"]["cart"]["itemsV2"]["items"]
        built = reply.data["data"]["createEmptyCart"] == masked_id and len(filled) == len(items)
    except (KeyError, TypeError):
        built = False
    return CartBuilt(reply, reply.seconds if built else None)


def build_by_rest(
    shop: Shop, store: StoreView, sku: str, traces: Traces
) -> tuple[float, float] | None:
    """Build a cart with one line, and return the seconds for the cart and for the line."""
    made = shop.rest("POST", "guest-carts", store=store)
    masked_id = masked_id_of(made)
    if masked_id is None:
        return None
    empty_later(shop, store, masked_id, traces)
    item = {"cartItem": {"sku": sku, "qty": 1}}
    added = shop.rest("POST", f"guest-carts/{masked_id}/items", store=store, body=item)
    return (made.seconds, added.seconds) if added.status == 200 else None


def masked_id_of(reply: Reply) -> str | None:
    """Return the id of the cart that was made, a credential; None where none was."""
    made = reply.status == 200 and isinstance(reply.data, str) and reply.data.isalnum()
    return str(reply.data) if made else None


def empty_later(shop: Shop, store: StoreView, masked_id: str, traces: Traces) -> None:
    """Note that a guest's cart is to be emptied; Magento lets nobody delete one."""

    def empty() -> None:
        tidy = shop.with_time(_TIDY_SECONDS)
        held = tidy.rest("GET", f"guest-carts/{masked_id}/items", store=store).data
        for line in held if isinstance(held, list) else []:
            if isinstance(line, dict) and isinstance(number := line.get("item_id"), int):
                tidy.rest("DELETE", f"guest-carts/{masked_id}/items/{number}", store=store)

    traces.removed_by(empty)
    traces.leaves("empty guest carts, which the shop throws away with other old ones")


def _by_admin(shop: Shop, store: StoreView, token: str) -> list[str]:
    wanted = {"status": "1", "visibility": "4", "type_id": "simple"}
    params = {"searchCriteria[pageSize]": "12", "fields": "items[sku,options]"}
    for group, (name, value) in enumerate(wanted.items()):
        where = f"searchCriteria[filterGroups][{group}][filters][0]"
        params |= {f"{where}[field]": name, f"{where}[value]": value}
    data = shop.rest("GET", "products", store=store, token=token, params=params).data
    rows = data.get("items") if isinstance(data, dict) else None
    return [str(row["sku"]) for row in rows or [] if not row.get("options")]


def _by_graphql(shop: Shop, store: StoreView) -> list[str]:
    try:
        rows = shop.graphql(_BUYABLE, store=store).data["data"]["products"]["items"]
        return [str(row["sku"]) for row in rows if row["__typename"] not in _COMPOSITES]
    except (KeyError, TypeError):
        return []
