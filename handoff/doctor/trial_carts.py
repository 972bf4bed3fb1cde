"""Guest carts for the trials: find a product for them, build them, and empty them afterwards."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from handoff.cleanup import Cleanup
from handoff.doctor.shop_client import DoctorShopClient, read_json
from handoff.magento.http_transport import HttpResponse
from handoff.settings.store_views import StoreView

_CLEANUP_SECONDS = 6.0
_MAX_SKUS = 6
# The GraphQL of a transfer, in one document.
_BUILD_CART = """mutation($id: String!, $items: [CartItemInput!]!) {
  createEmptyCart(input: {cart_id: $id})
  addProductsToCart(cartId: $id, cartItems: $items) {
    cart { itemsV2(pageSize: 500) { items {
      quantity
      product { sku url_key url_rewrites { url } }
      ... on ConfigurableCartItem { configured_variant { sku } }
    } } }
  }
}"""
_COMPOSITE_TYPES = ("ConfigurableProduct", "BundleProduct", "GroupedProduct")
_FIND_PRODUCTS = """{ products(search: "", pageSize: 12) { items { sku __typename } } }"""


@dataclass(frozen=True, slots=True)
class GraphqlCart:
    """The response to building a cart, and the seconds it took; None if it failed."""

    response: HttpResponse = field(repr=False)
    seconds: float | None


def find_buyable_skus(shop: DoctorShopClient, store: StoreView, token: str | None) -> list[str]:
    """Return some skus; at least one of them can probably be bought without options."""
    found = _find_skus_as_admin(shop, store, token) if token else []
    return (found or _find_skus_by_graphql(shop, store))[:_MAX_SKUS]


def build_graphql_cart(
    shop: DoctorShopClient, store: StoreView, sku: str | None, cleanup: Cleanup
) -> GraphqlCart:
    """Build a cart with one line in one document, as a transfer does."""
    masked_id = secrets.token_hex(16)
    register_cart(shop, store, masked_id, cleanup)
    items = [{"sku": sku, "quantity": 1}] if sku else []
    response = shop.graphql(_BUILD_CART, store=store, variables={"id": masked_id, "items": items})
    try:
        data = read_json(response)["data"]
        lines = data["addProductsToCart"]["cart"]["itemsV2"]["items"]
        is_built = data["createEmptyCart"] == masked_id and len(lines) == len(items)
    except (KeyError, TypeError):
        is_built = False
    return GraphqlCart(response, response.seconds if is_built else None)


def build_rest_cart(
    shop: DoctorShopClient, store: StoreView, sku: str, cleanup: Cleanup
) -> tuple[float, float] | None:
    """Build a cart with one line, and return the seconds for the cart and for the line."""
    created = shop.rest("POST", "guest-carts", store=store)
    masked_id = read_masked_id(created)
    if masked_id is None:
        return None
    register_cart(shop, store, masked_id, cleanup)
    added = add_to_cart(shop, store, masked_id, sku)
    return (created.seconds, added.seconds) if added.status == 200 else None


def add_to_cart(shop: DoctorShopClient, store: StoreView, masked_id: str, sku: str) -> HttpResponse:
    """Add one product to a guest's cart by REST, and return the response."""
    body = {"cartItem": {"sku": sku, "qty": 1}}
    return shop.rest("POST", f"guest-carts/{masked_id}/items", store=store, body=body)


def read_masked_id(response: HttpResponse) -> str | None:
    """Return the id of a cart that was created, a credential; None if none was."""
    masked_id = read_json(response)
    is_id = response.status == 200 and isinstance(masked_id, str) and masked_id.isalnum()
    return str(masked_id) if is_id else None


def register_cart(
    shop: DoctorShopClient, store: StoreView, masked_id: str, cleanup: Cleanup
) -> None:
    """Register a guest's cart to be emptied; no API of Magento deletes one."""

    def empty_cart() -> None:
        client = shop.with_deadline(_CLEANUP_SECONDS)
        lines = read_json(client.rest("GET", f"guest-carts/{masked_id}/items", store=store))
        for line in lines if isinstance(lines, list) else []:
            if isinstance(line, dict) and isinstance(number := line.get("item_id"), int):
                client.rest("DELETE", f"guest-carts/{masked_id}/items/{number}", store=store)

    cleanup.defer("guest cart", empty_cart)
    cleanup.note_leftover("empty guest cart, which Magento deletes with other expired carts")


def _find_skus_as_admin(shop: DoctorShopClient, store: StoreView, token: str) -> list[str]:
    wanted = {"status": "1", "visibility": "4", "type_id": "simple"}
    params = {"searchCriteria[pageSize]": "12", "fields": "items[sku,options]"}
    for group, (name, value) in enumerate(wanted.items()):
        where = f"searchCriteria[filterGroups][{group}][filters][0]"
        params |= {f"{where}[field]": name, f"{where}[value]": value}
    data = read_json(shop.rest("GET", "products", store=store, token=token, params=params))
    rows = data.get("items") if isinstance(data, dict) else None
    return [str(row["sku"]) for row in rows or [] if not row.get("options")]


def _find_skus_by_graphql(shop: DoctorShopClient, store: StoreView) -> list[str]:
    try:
        rows = read_json(shop.graphql(_FIND_PRODUCTS, store=store))["data"]["products"]["items"]
        return [str(row["sku"]) for row in rows if row["__typename"] not in _COMPOSITE_TYPES]
    except (KeyError, TypeError):
        return []
