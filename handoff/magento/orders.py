"""Orders of the shop, found by the quotes that they came from, and comments on them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

import stamina
from pydantic import ValidationError

from handoff.deadline import Deadline
from handoff.magento.admin_access import AdminAccess
from handoff.magento.client import Answer, MagentoClient
from handoff.magento.order_models import (
    ORDER_WITH_LINES_FIELDS,
    CommentedOrdersShape,
    OrdersShape,
    OrdersWithLinesShape,
    OrderWithLines,
    OrderWithLinesShape,
    Shape,
)
from handoff.problems import ShopDropped, ShopUnavailable

# Measured on 2.4.7: a search takes 50 ms, for one quote or for 500, and 10 ms more for each order
# that it finds. So many quotes are asked about at once, in an address of under 5 KB, and an
# answer holds no more orders than a slow shop can give in time.
_QUOTES_AT_ONCE = 300
_ORDERS_IN_AN_ANSWER = 100
_PATIENCE = 30.0  # seconds for one answer, where no shopper waits for it

_VIEW = "Magento_Sales::actions_view"
_COMMENT = "Magento_Sales::comment"


class OrdersDenied(ShopUnavailable):
    """The shop does not let this administrator, or this access token, read or annotate orders."""

    def __init__(self, right: str) -> None:
        super().__init__(
            "The shop does not let orders be read or annotated: the administrator or the access "
            f"token lacks the right {right}, or is no longer valid."
        )


@dataclass(frozen=True, slots=True)
class Order:
    """An order by the number that the shopper sees. `customer_id` is None for a guest's."""

    increment_id: str
    quote_number: int
    customer_id: int | None


_S = TypeVar("_S", bound=Shape)


class Orders:
    """Reads orders; needs the right to `Magento_Sales::actions_view`.

    Writing comments needs `Magento_Sales::comment` as well. Every method raises ShopUnavailable
    or ShopTimeout, and OrdersDenied, a kind of ShopUnavailable, where the shop denies the right.
    """

    def __init__(self, client: MagentoClient, access: AdminAccess, *, store: str) -> None:
        self._client = client
        self._access = access
        self._store = store

    def of_quote(self, quote_number: int, *, deadline: Deadline) -> Order | None:
        """Return the order that a quote has become, or None."""
        where = _filter("quote_id", str(quote_number))
        fields = "items[increment_id,quote_id,customer_id]"
        found = self._search(
            {**where, "searchCriteria[pageSize]": "1", "fields": fields}, OrdersShape, deadline
        )
        for order in found.items or []:
            if order.quote_id == quote_number:  # and not one that a filter ignored let through
                return Order(order.increment_id, order.quote_id, order.customer_id)
        return None

    def of_quotes(self, quote_numbers: Collection[int]) -> Iterator[OrderWithLines]:
        """Give all orders that came from any of these quotes, however many."""
        wanted = sorted(quote_numbers)
        for start in range(0, len(wanted), _QUOTES_AT_ONCE):
            numbers = wanted[start : start + _QUOTES_AT_ONCE]
            for found in self._pages(numbers):
                if found.quote_id in numbers:
                    yield found.purchase(found.quote_id)

    def comments(self, order_ids: Sequence[int]) -> dict[int, list[str]]:
        """Return the comments on some orders, up to 100, by order; orders that are gone are not."""
        params = {
            **_filter("entity_id", ",".join(map(str, order_ids)), condition="in"),
            "searchCriteria[pageSize]": str(len(order_ids)),
            "fields": "items[entity_id,status_histories[comment]]",
        }
        found = self._search_patiently(params, CommentedOrdersShape)
        return {
            order.entity_id: [each.comment or "" for each in order.status_histories or []]
            for order in found.items or []
        }

    def comment(self, order_id: int, words: str) -> bool:
        """Add a comment that only the shop's own people see; return whether the shop took it.

        Not tried again by itself: whether a call whose answer is lost has worked, `comments` says.
        """
        history = {"comment": words, "is_customer_notified": 0, "is_visible_on_front": 0}
        answer = self._call(
            "POST",
            f"orders/{order_id}/comments",
            right=_COMMENT,
            deadline=Deadline.after(_PATIENCE),
            body={"statusHistory": history},
        )
        return answer.status == HTTPStatus.OK

    def _pages(self, quote_numbers: Sequence[int]) -> Iterator[OrderWithLinesShape]:
        """Page through the orders of some quotes. Where there are none Magento says null."""
        seen = page = 0
        while True:
            page += 1
            params = {
                **_filter("quote_id", ",".join(map(str, quote_numbers)), condition="in"),
                "searchCriteria[sortOrders][0][field]": "entity_id",
                "searchCriteria[sortOrders][0][direction]": "ASC",
                "searchCriteria[pageSize]": str(_ORDERS_IN_AN_ANSWER),
                "searchCriteria[currentPage]": str(page),
                "fields": ORDER_WITH_LINES_FIELDS,
            }
            found = self._search_patiently(params, OrdersWithLinesShape)
            items = found.items or []
            yield from items
            seen += len(items)
            if not items or seen >= found.total_count:
                return

    def _search_patiently(self, params: dict[str, str], shape: type[_S]) -> _S:
        for attempt in stamina.retry_context(on=ShopDropped, attempts=3, wait_initial=0.2):
            with attempt:
                found = self._search(params, shape, Deadline.after(_PATIENCE))
        return found

    def _search(self, params: dict[str, str], shape: type[_S], deadline: Deadline) -> _S:
        answer = self._call("GET", "orders", right=_VIEW, deadline=deadline, params=params)
        if answer.status != HTTPStatus.OK:
            raise ShopUnavailable("The shop does not answer the question for orders.")
        try:
            return shape.model_validate(answer.body)
        except ValidationError:
            raise ShopUnavailable("The shop's answer is not a list of orders.") from None

    def _call(
        self,
        method: str,
        path: str,
        *,
        right: str,
        deadline: Deadline,
        params: dict[str, str] | None = None,
        body: Any = None,
    ) -> Answer:
        """Call with the token, and where that is rejected once more with a new one."""

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

        token = self._access.token(deadline)
        answer = call(token)
        if answer.status == HTTPStatus.UNAUTHORIZED and self._access.renew(token):
            answer = call(self._access.token(deadline))
        if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise OrdersDenied(right)
        return answer


def _filter(field: str, value: str, *, condition: str = "eq") -> dict[str, str]:
    where = "searchCriteria[filterGroups][0][filters][0]"
    return {
        f"{where}[field]": field,
        f"{where}[value]": value,
        f"{where}[conditionType]": condition,
    }
