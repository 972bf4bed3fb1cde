"""Guest carts for the trials: find a product for them, build them, and empty them afterwards."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from handoff.doctor.doctor_shop_client import DoctorShopClient, read_message
from handoff.magento.answers import Answer
from handoff.magento.client import ShopToken
from handoff.magento.graphql_guest_cart import build_cart_documents
from handoff.magento.http_transport import HttpResponse, read_json
from handoff.magento.search_criteria import SearchFilter, build_search_criteria
from handoff.settings.store_view_models import StoreView

_MAX_SKUS = 6
_COMPOSITE_TYPES = ("ConfigurableProduct", "BundleProduct", "GroupedProduct")
_CREATE_CART = "mutation($id: String!) { createEmptyCart(input: {cart_id: $id}) }"
_FIND_PRODUCTS = """{ products(search: "", pageSize: 12) { items { sku __typename } } }"""


@dataclass(frozen=True, slots=True)
class RestCart:
    """A guest cart with one product, built by REST.

    `cart_seconds` is None if there is no cart, and `sku` is None if there is no product in it. In
    both cases `status` and `message` are those of the last response.
    """

    status: int
    message: str = ""
    cart_seconds: float | None = None
    sku: str | None = None
    line_seconds: float = 0.0
    masked_id: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class GraphqlCart:
    """The response to building a cart, and the seconds it took; None if it failed."""

    response: HttpResponse = field(repr=False)
    seconds: float | None


def find_buyable_skus(
    shop: DoctorShopClient, store: StoreView, token: ShopToken | None
) -> list[str]:
    """Return some skus, of which at least one can probably be bought without options."""
    found = _find_skus_as_admin(shop, store, token) if token else []
    return (found or _find_skus_by_graphql(shop, store))[:_MAX_SKUS]


def try_graphql_cart(shop: DoctorShopClient, store: StoreView, sku: str | None) -> GraphqlCart:
    """Build a cart with one line in one document, as a transfer does.

    Without a sku create an empty one, because Magento does not accept an empty list of items.
    """
    masked_id = secrets.token_hex(16)
    _register_cart(shop, store, masked_id)
    if sku is None:
        return _create_empty_graphql_cart(shop, store, masked_id)
    [document] = build_cart_documents(masked_id, [{"sku": sku, "quantity": 1}])
    response = shop.call_graphql(document.query, store=store, variables=document.variables)
    contents = document.parse_contents(Answer(response.status, read_json(response), response))
    is_built = contents is not None and len(contents.lines) == 1
    return GraphqlCart(response, response.seconds if is_built else None)


def _create_empty_graphql_cart(
    shop: DoctorShopClient, store: StoreView, masked_id: str
) -> GraphqlCart:
    response = shop.call_graphql(_CREATE_CART, store=store, variables={"id": masked_id})
    data = read_json(response)
    is_created = isinstance(data, dict) and data.get("data") == {"createEmptyCart": masked_id}
    return GraphqlCart(response, response.seconds if is_created else None)


def create_rest_cart(shop: DoctorShopClient, store: StoreView, skus: list[str]) -> RestCart:
    """Build a guest cart with the first of these products that the shop accepts."""
    response = shop.call_rest("POST", "guest-carts", store=store)
    masked_id, cart_seconds = read_json(response), response.seconds
    if response.status != 200 or not isinstance(masked_id, str) or not masked_id.isalnum():
        return RestCart(response.status, read_message(response))
    _register_cart(shop, store, masked_id)
    for sku in skus:
        body = {"cartItem": {"sku": sku, "qty": 1}}
        response = shop.call_rest("POST", f"guest-carts/{masked_id}/items", store=store, body=body)
        if response.status == 200:
            return RestCart(200, "", cart_seconds, sku, response.seconds, masked_id)
    return RestCart(response.status, read_message(response), cart_seconds)


def _register_cart(shop: DoctorShopClient, store: StoreView, masked_id: str) -> None:
    """Register a guest's cart to be emptied; no API of Magento deletes one."""
    path = f"guest-carts/{masked_id}/items"

    def empty_cart() -> None:
        client = shop.build_cleanup_client()
        lines = read_json(client.call_rest("GET", path, store=store))
        for line in lines if isinstance(lines, list) else []:
            if isinstance(line, dict) and isinstance(number := line.get("item_id"), int):
                client.call_rest("DELETE", f"{path}/{number}", store=store)

    shop.undo_stack.defer("guest cart", empty_cart)
    shop.undo_stack.record_leftover(
        ", left to Magento's cleanup of expired carts", thing="empty guest cart"
    )


def _find_skus_as_admin(shop: DoctorShopClient, store: StoreView, token: ShopToken) -> list[str]:
    params = build_search_criteria(
        SearchFilter("status", "1"),
        SearchFilter("visibility", "4"),
        SearchFilter("type_id", "simple"),
        page_size=12,
        fields="items[sku,options]",
    )
    data = read_json(shop.call_rest("GET", "products", store=store, token=token, params=params))
    items = data.get("items") if isinstance(data, dict) else None
    return [str(item["sku"]) for item in items or [] if not item.get("options")]


def _find_skus_by_graphql(shop: DoctorShopClient, store: StoreView) -> list[str]:
    try:
        items = read_json(shop.call_graphql(_FIND_PRODUCTS, store=store))["data"]["products"][
            "items"
        ]
        return [str(item["sku"]) for item in items if item["__typename"] not in _COMPOSITE_TYPES]
    except (KeyError, TypeError):
        return []
