"""Finds orders of the shop by their quotes, and reads and adds comments on them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

import structlog
from pydantic import ValidationError

from handoff.deadline import Deadline
from handoff.magento.admin_access import AdminAccess, AdminAccessDenied
from handoff.magento.answers import Answer, ShopJsonModel
from handoff.magento.client import MagentoClient, retry_dropped_connections
from handoff.magento.order_models import (
    MAX_EDITS,
    ORDER_FIELDS,
    ORDER_STATE_FIELDS,
    ORDER_WITH_LINES_FIELDS,
    CommentedOrderJson,
    CountedOrderPage,
    Order,
    OrderPage,
    OrderState,
    OrderWithLines,
)
from handoff.magento.search_criteria import SearchFilter, build_search_criteria
from handoff.magento.unusable_answers import log_and_build_unusable_answer_problem
from handoff.problems import ShopUnavailable

# Measured on 2.4.7: a search takes 50 ms, for one quote or for 500, and 10 ms more for each order
# that it finds. 300 quotes keep the URL under 5 KB.
_QUOTES_PER_SEARCH = 300
ORDERS_PER_PAGE = 20
"""Orders in a page: Magento's own default, because shops may limit the size of a page."""

_TIMEOUT = 30.0  # seconds for one page and its retries; no shopper waits for it

log = structlog.get_logger()

_VIEW_RIGHT = "Magento_Sales::actions_view"
_COMMENT_RIGHT = "Magento_Sales::comment"


class OrdersDenied(AdminAccessDenied):
    """The shop does not let this administrator, or this access token, read or comment orders."""

    def __init__(self, right: str) -> None:
        super().__init__(
            "The shop does not allow to read or comment orders: the administrator or the access "
            f"token lacks the right {right}, or is no longer valid."
        )


_Json = TypeVar("_Json", bound=ShopJsonModel)


@dataclass(frozen=True, slots=True)
class Orders:
    """Reads orders, with the right `Magento_Sales::actions_view`.

    Adding comments needs `Magento_Sales::comment` as well. Every method raises ShopUnavailable
    or ShopTimeout; OrdersDenied is a ShopUnavailable and says that the right is missing.
    """

    client: MagentoClient
    access: AdminAccess
    store: str

    def find_orders_of_quote(self, quote_number: int, *, deadline: Deadline) -> list[Order]:
        """Return the orders of a quote with their totals, cancelled ones too, the oldest first.

        `is_quote_ordered` says what they mean for the quote. Of more than 20 orders, the newest
        are returned.
        """
        params = build_search_criteria(
            SearchFilter("quote_id", str(quote_number)),
            page_size=ORDERS_PER_PAGE,
            sort_by="entity_id",
            direction="DESC",
            fields=ORDER_FIELDS,
        )
        page = self._search_page(params, OrderPage[Order], deadline).items or []
        # A module that ignores the filter must not turn another shopper's order into this one.
        found = [order for order in reversed(page) if order.quote_number == quote_number]
        self._fetch_last_edits(found, deadline)
        return found

    def find_orders(
        self,
        quote_numbers: Collection[int],
        *,
        on_unreadable_quote: Callable[[int], None] = lambda quote_number: None,
    ) -> Iterator[OrderWithLines]:
        """Yield all orders of these quotes, cancelled ones too, those of one quote by their age.

        The number of quotes is not limited. An order that cannot be read is logged and left out,
        and `on_unreadable_quote` is called with the number of its quote.
        """
        wanted = sorted(quote_numbers)
        for start in range(0, len(wanted), _QUOTES_PER_SEARCH):
            numbers = set(wanted[start : start + _QUOTES_PER_SEARCH])
            for page in self._search_all_pages(sorted(numbers)):
                parsed = [_parse_order(item, on_unreadable_quote) for item in page]
                found = [order for order in parsed if order and order.quote_number in numbers]
                self._fetch_last_edits(found, Deadline.within_request(_TIMEOUT))
                yield from found

    def fetch_comments(self, order_ids: Sequence[int]) -> dict[int, list[str]]:
        """Return the comments on orders by order id; deleted orders are missing."""
        comments: dict[int, list[str]] = {}
        for start in range(0, len(order_ids), ORDERS_PER_PAGE):
            wanted = order_ids[start : start + ORDERS_PER_PAGE]
            params = build_search_criteria(
                SearchFilter("entity_id", ",".join(map(str, wanted)), "in"),
                page_size=len(wanted),
                fields="items[entity_id,status_histories[comment]]",
            )
            deadline = Deadline.within_request(_TIMEOUT)
            page = self._search_page(params, OrderPage[CommentedOrderJson], deadline)
            for order in page.items or []:
                entries = order.status_histories or []
                comments[order.entity_id] = [entry.comment or "" for entry in entries]
        return comments

    def try_to_add_comment(self, order_id: int, text: str) -> bool:
        """Add a comment that only the shop's staff see; return whether the shop accepted it.

        It is not retried: if the answer is lost, `fetch_comments` says whether the comment exists.
        """
        history = {"comment": text, "is_customer_notified": 0, "is_visible_on_front": 0}
        answer = self._call_as_admin(
            "POST",
            f"orders/{order_id}/comments",
            _COMMENT_RIGHT,
            deadline=Deadline.within_request(_TIMEOUT),
            body={"statusHistory": history},
        )
        return answer.status == HTTPStatus.OK

    def _fetch_last_edits(self, orders: Sequence[OrderState], deadline: Deadline) -> None:
        """Find the orders that replace edited ones, over several edits.

        An edit gives the new order a quote of its own, so a search by quote does not find it.
        """
        replacements: dict[str, OrderState] = {}
        newest = orders
        for _ in range(MAX_EDITS):
            numbers = {
                order.replaced_by for order in newest if order.is_cancelled and order.replaced_by
            }
            numbers -= replacements.keys()
            if not numbers:
                break
            params = build_search_criteria(
                SearchFilter("increment_id", ",".join(sorted(numbers)), "in"),
                page_size=len(numbers),
                fields=ORDER_STATE_FIELDS,
            )
            newest = self._search_page(params, OrderPage[OrderState], deadline).items or []
            replacements |= {order.number: order for order in newest}
        for order in orders:
            order.record_last_edit(replacements)

    def _search_all_pages(self, quote_numbers: Sequence[int]) -> Iterator[list[dict[str, Any]]]:
        """Yield the orders of some quotes, page by page. The items of an empty page are null.

        A shop that ignores the number of the page repeats itself. An order is yielded once.
        """
        known: set[str] = set()
        number = 0
        while True:
            number += 1
            params = build_search_criteria(
                SearchFilter("quote_id", ",".join(map(str, quote_numbers)), "in"),
                page_size=ORDERS_PER_PAGE,
                page=number,
                sort_by="entity_id",
                fields=ORDER_WITH_LINES_FIELDS,
            )
            page = self._search_page(params, CountedOrderPage, Deadline.within_request(_TIMEOUT))
            new = {str(item.get("entity_id")): item for item in page.items or []}
            new = {entity_id: item for entity_id, item in new.items() if entity_id not in known}
            yield list(new.values())
            known |= new.keys()
            if not new or len(known) >= page.total_count:
                return

    def _search_page(self, params: dict[str, str], model: type[_Json], deadline: Deadline) -> _Json:
        answer = retry_dropped_connections(
            lambda: self._call_as_admin(
                "GET", "orders", _VIEW_RIGHT, deadline=deadline, params=params
            ),
            deadline,
        )
        if answer.status != HTTPStatus.OK:
            # The message of a limit in the settings (webapi/validation) names it.
            log.warning("order_search_refused", status=answer.status, message=answer.message[:200])
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
        call = partial(
            self.client.call_rest,
            method,
            path,
            store=self.store,
            deadline=deadline,
            params=params,
            body=body,
        )
        token = self.access.provide_token(deadline)
        answer = call(token=token)
        if answer.status == HTTPStatus.UNAUTHORIZED and self.access.discard_token_if_replaceable(
            token
        ):
            answer = call(token=self.access.provide_token(deadline))
        if answer.status == HTTPStatus.FORBIDDEN:  # Magento denies with 401
            raise log_and_build_unusable_answer_problem(
                answer, "The shop's answer does not come from Magento."
            )
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise OrdersDenied(right)
        return answer


def _parse_order(
    item: dict[str, Any], on_unreadable_quote: Callable[[int], None]
) -> OrderWithLines | None:
    """Return an order, or None after logging what cannot be read in it.

    Raises ShopUnavailable if not even its quote can be read.
    """
    try:
        return OrderWithLines.model_validate(item)
    except ValidationError as error:
        fields = [".".join(map(str, fault["loc"])) for fault in error.errors()]
    entity_id, quote_number = item.get("entity_id"), item.get("quote_id")
    if not isinstance(quote_number, int):
        raise ShopUnavailable("The shop's answer is not a list of orders.")
    log.warning("order_unreadable", order_id=str(entity_id)[:20], fields=fields[:10])
    on_unreadable_quote(quote_number)
    return None
