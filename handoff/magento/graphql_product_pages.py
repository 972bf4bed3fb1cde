"""Fetches products over GraphQL, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from handoff.deadline import Deadline
from handoff.magento.answers import ShopJsonModel
from handoff.magento.client import MagentoClient
from handoff.settings.store_view_models import StoreView

PAGE_SIZE = 20
"""Products in a page: Magento's own default, because shops may limit the size of a page."""

_MAX_PAGES = 40  # 200 lines have at most 200 products, and as many again that contain them

_Product = TypeVar("_Product", bound=ShopJsonModel)


class _ProductPageJson(ShopJsonModel):
    total_count: Annotated[int, Field(ge=0)]
    items: list[object] | None = None


def fetch_products(
    client: MagentoClient,
    query: str,
    values: Sequence[str],
    model: type[_Product],
    *,
    store: StoreView,
    deadline: Deadline,
) -> list[_Product] | None:
    """Return all products that a query finds; None if the shop's GraphQL refuses it.

    The query takes `$values`, `$size` and `$page`, and asks for `total_count` and `items`.
    """
    products: list[_Product] = []
    for page in range(1, _MAX_PAGES + 1):
        variables = {"values": values, "size": PAGE_SIZE, "page": page}
        answer = client.call_graphql(query, variables, store=store.code, deadline=deadline)
        try:
            found = _ProductPageJson.model_validate(answer.body["data"]["products"])
            # Magento writes null for a product that it cannot show.
            items = [item for item in found.items or () if item is not None]
            products += TypeAdapter(list[model]).validate_python(items)  # type: ignore[valid-type]
        except (KeyError, TypeError, ValidationError):
            client.missing_graphql_features.record_failure(answer.response, answer.body)
            return None
        if not found.items or page * PAGE_SIZE >= found.total_count:
            break
    return products
