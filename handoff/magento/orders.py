"""Finds orders of the shop by their quotes, and reads and adds comments on them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import ValidationError

from handoff.deadline import Deadline
from handoff.magento.admin_access import AdminAccess
from handoff.magento.client import Answer, MagentoClient, ShopJson, retry_dropped_connections
from handoff.magento.order_models import (
    ORDER_WITH_LINES_FIELDS,
    CommentedOrdersJson,
    OrdersJson,
    OrdersWithLinesJson,
    OrderWithLines,
    OrderWithLinesJson,
)
from handoff.magento.search_criteria import SearchFilter, build_search_criteria
from handoff.problems import ShopUnavailable

# Measured on 2.4.7: a search takes 50 ms, for one quote or for 500, and 10 ms more for each order
# that it finds. 300 quotes keep the URL under 5 KB, and a slow shop can answer 100 orders in time.
_QUOTES_PER_SEARCH = 300
_ORDERS_PER_PAGE = 100
_TIMEOUT = 30.0  # seconds for one page and its retries; no shopper waits for it

_VIEW_RIGHT = "Magento_Sales::actions_view"
_COMMENT_RIGHT = "Magento_Sales::comment"


class OrdersDenied(ShopUnavailable):
    """The shop does not let this administrator, or this access token, read or comment orders."""

    def __init__(self, right: str) -> None:
        super().__init__(
            "The shop does not allow to read or comment orders: the administrator or the access "
            f"token lacks the right {right}, or is no longer valid."
        )


@dataclass(frozen=True, slots=True)
class Order:
    """An order. `increment_id` is the shopper's number, `customer_id` None for a guest."""

    increment_id: str
    quote_number: int
    customer_id: int | None


_Json = TypeVar("_Json", bound=ShopJson)


class Orders:
    """Reads orders, with the right `Magento_Sales::actions_view`.

    Adding comments needs `Magento_Sales::comment` as well. Every method raises ShopUnavailable
    or ShopTimeout; OrdersDenied is a ShopUnavailable and says that the right is missing.
    """

    def __init__(self, client: MagentoClient, access: AdminAccess, *, store: str) -> None:
        self._client = client
        self._access = access
        self._store = store

    def find_order(self, quote_number: int, *, deadline: Deadline) -> Order | None:
        """Return the order that a quote has become, or None."""
        params = build_search_criteria(
            SearchFilter("quote_id", str(quote_number)),
            page_size=1,
            fields="items[increment_id,quote_id,customer_id]",
        )
        for order in self._search_page(params, OrdersJson, deadline).items or []:
            # A module that ignores the filter must not turn another shopper's order into this one.
            if order.quote_id == quote_number:
                return Order(order.increment_id, order.quote_id, order.customer_id)
        return None

    def find_orders(self, quote_numbers: Collection[int]) -> Iterator[OrderWithLines]:
        """Yield all orders of these quotes; the number of quotes is not limited."""
        wanted = sorted(quote_numbers)
        for start in range(0, len(wanted), _QUOTES_PER_SEARCH):
            numbers = wanted[start : start + _QUOTES_PER_SEARCH]
            for order in self._search_all_pages(numbers):
                if order.quote_id in numbers:
                    yield order.build_order(order.quote_id)

    def get_comments(self, order_ids: Sequence[int]) -> dict[int, list[str]]:
        """Return the comments on up to 100 orders by order id; deleted orders are missing."""
        params = build_search_criteria(
            SearchFilter("entity_id", ",".join(map(str, order_ids)), "in"),
            page_size=len(order_ids),
            fields="items[entity_id,status_histories[comment]]",
        )
        page = self._search_page(params, CommentedOrdersJson, Deadline.after(_TIMEOUT))
        return {
            order.entity_id: [entry.comment or "" for entry in order.status_histories or []]
            for order in page.items or []
        }

    def add_comment(self, order_id: int, text: str) -> bool:
        """Add a comment that only the shop's staff see; return whether the shop accepted it.

        It is not retried: if the answer is lost, `get_comments` says whether the comment exists.
        """
        history = {"comment": text, "is_customer_notified": 0, "is_visible_on_front": 0}
        answer = self._call_as_admin(
            "POST",
            f"orders/{order_id}/comments",
            _COMMENT_RIGHT,
            deadline=Deadline.after(_TIMEOUT),
            body={"statusHistory": history},
        )
        return answer.status == HTTPStatus.OK

    def _search_all_pages(self, quote_numbers: Sequence[int]) -> Iterator[OrderWithLinesJson]:
        """Yield the orders of some quotes, page by page. The items of an empty page are null."""
        count = number = 0
        while True:
            number += 1
            params = build_search_criteria(
                SearchFilter("quote_id", ",".join(map(str, quote_numbers)), "in"),
                page_size=_ORDERS_PER_PAGE,
                page=number,
                sort_by="entity_id",
                fields=ORDER_WITH_LINES_FIELDS,
            )
            page = self._search_page(params, OrdersWithLinesJson, Deadline.after(_TIMEOUT))
            orders = page.items or []
            yield from orders
            count += len(orders)
            if not orders or count >= page.total_count:
                return

    def _search_page(self, params: dict[str, str], model: type[_Json], deadline: Deadline) -> _Json:
        answer = retry_dropped_connections(
            lambda: self._call_as_admin(
                "GET", "orders", _VIEW_RIGHT, deadline=deadline, params=params
            ),
            deadline,
        )
        if answer.status != HTTPStatus.OK:
            raise ShopUnavailable("The shop does not answer the search for orders.")
        try:
            return model.model_validate(answer.body)
        except ValidationError:
            raise ShopUnavailable("The shop's answer is not a list of orders.") from None

    def _call_as_admin(
        self,
        method: str,
        path: str,
        right: str,
        *,
        deadline: Deadline,
        params: dict[str, str] | None = None,
        body: Any = None,
    ) -> Answer:
        """Call with the token, and once more with a new one if it is rejected."""

        def call(token: str) -> Answer:
            return self._client.rest(
                method,
                path,
                store=self._store,
                deadline=deadline,
                token=token,
                params=params,
                body=body,
            )

        token = self._access.get_token(deadline)
        answer = call(token)
        if answer.status == HTTPStatus.UNAUTHORIZED and self._access.discard_token(token):
            answer = call(self._access.get_token(deadline))
        if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise OrdersDenied(right)
        return answer
