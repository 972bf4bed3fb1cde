"""Orders of the shop, found by the quote that they came from."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, ValidationError

from handoff.errors import ShopUnavailable
from handoff.magento.access import Access
from handoff.magento.client import Answer, MagentoClient
from handoff.magento.deadline import Deadline


@dataclass(frozen=True, slots=True)
class Order:
    """An order by the number that the shopper sees. `customer_id` is None for a guest's."""

    increment_id: str
    quote_number: int
    customer_id: int | None


class _OrderShape(BaseModel):
    model_config = ConfigDict(extra="ignore")
    increment_id: str
    quote_id: int
    customer_id: int | None = None


class _PageShape(BaseModel):
    model_config = ConfigDict(extra="ignore")
    items: list[_OrderShape] | None = None


class Orders:
    """Reads orders; needs the right to `Magento_Sales::actions_view` and no other."""

    def __init__(self, client: MagentoClient, access: Access, *, store: str) -> None:
        self._client = client
        self._access = access
        self._store = store

    def of_quote(self, quote_number: int, *, deadline: Deadline) -> Order | None:
        """Return the order that a quote has become, or None.

        Raises ShopUnavailable or ShopTimeout, also when the shop denies the right to ask.
        """
        token = self._access.token(deadline)
        answer = self._ask(quote_number, token, deadline)
        if answer.status == HTTPStatus.UNAUTHORIZED and self._access.renew(token):
            answer = self._ask(quote_number, self._access.token(deadline), deadline)
        if answer.status != HTTPStatus.OK:
            raise ShopUnavailable("The shop does not let orders be read.")
        try:
            orders = _PageShape.model_validate(answer.body).items or []
        except ValidationError:
            raise ShopUnavailable("The shop's answer is not a list of orders.") from None
        for order in orders:
            if order.quote_id == quote_number:  # and not one that a filter ignored let through
                return Order(order.increment_id, order.quote_id, order.customer_id)
        return None

    def _ask(self, quote_number: int, token: str, deadline: Deadline) -> Answer:
        where = "searchCriteria[filterGroups][0][filters][0]"
        return self._client.rest(
            "GET",
            "orders",
            store=self._store,
            deadline=deadline,
            token=token,
            params={
                f"{where}[field]": "quote_id",
                f"{where}[value]": str(quote_number),
                "searchCriteria[pageSize]": "1",
                "fields": "items[increment_id,quote_id,customer_id]",
            },
        )
