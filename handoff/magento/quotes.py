"""Carts of the shop: looking at a quote, and building one from a bag."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handoff.bag import Bag
from handoff.deadline import Deadline
from handoff.magento.client import Answer, MagentoClient
from handoff.magento.quote_builder import QuoteBuilder
from handoff.magento.quote_line_details import fetch_line_details
from handoff.magento.quote_models import Quote, QuoteCustomer, QuoteLine
from handoff.magento.retry import retry_dropped_connections
from handoff.magento.variants import Variants
from handoff.problems import CustomerTokenRejected, QuoteNotFound, ShopUnavailable
from handoff.settings.store_views import StoreView


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore")


# What a database holds; a number beyond is no Magento's.
_Number = Annotated[int, Field(ge=1, lt=2**63)]


class _LineShape(_Shape):
    item_id: _Number
    sku: str
    qty: Annotated[Decimal, Field(ge=0, lt=10**9, allow_inf_nan=False)]
    price: Annotated[Decimal, Field(allow_inf_nan=False)] | None = None


class _CustomerShape(_Shape):
    id: _Number | None = None
    group_id: Annotated[int, Field(ge=0, lt=2**31)] | None = None


class _CurrencyShape(_Shape):
    quote_currency_code: str


class _QuoteShape(_Shape):
    id: _Number
    is_active: bool
    store_id: int
    items: list[_LineShape] = []  # missing once the quote is ordered
    items_count: Annotated[int, Field(ge=0, lt=10**9)] = 0
    customer: _CustomerShape = _CustomerShape()
    currency: _CurrencyShape
    customer_is_guest: bool | None = None


class Quotes:
    """The shop's carts, guests' and customers'."""

    def __init__(self, client: MagentoClient) -> None:
        self._client = client
        self._variants = Variants(client)

    def guest(self, masked_id: str, *, deadline: Deadline) -> Quote:
        """Look at a guest's quote by its masked id, whichever store view it belongs to.

        Raises QuoteNotFound for an unknown one, and in the same words for a customer's.
        """
        # A store's code in the path would be answered as the quote's own store view.
        answer = self._get(f"guest-carts/{masked_id}", deadline=deadline)
        if answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST):
            raise QuoteNotFound
        quote, is_guest = _quote(answer)
        # A customer's cart has a masked id too, and the shop shows it to anyone who has that.
        if not is_guest or quote.customer is not None:
            raise QuoteNotFound
        return replace(quote, masked_id=masked_id)

    def customer(self, token: str, *, store: StoreView, deadline: Deadline) -> Quote:
        """Look at the active quote, in a store view's website, of the customer with this token.

        The quote says the store view that it was asked for in, not the one that it belongs to.
        Raises CustomerTokenRejected, or NoActiveQuote when the customer has none there.
        """
        return _customers(self._get("carts/mine", store=store.code, token=token, deadline=deadline))

    def customer_as_kept(self, token: str, *, store: StoreView, deadline: Deadline) -> Quote:
        """Do the same, but let the quote say the store view that it belongs to.

        A web server that ties its host to a website overrules the store view asked for.
        """
        wanted = {"___store": store.code}
        return _customers(self._get("carts/mine", params=wanted, token=token, deadline=deadline))

    def number_of(
        self, store: StoreView, quote: Quote, *, token: str | None, deadline: Deadline
    ) -> int | None:
        """Return the shop's number of a store view, by looking at a quote there.

        None where the shop has no store view of this code, or does not show the quote in it.
        """
        path = "carts/mine" if token else f"guest-carts/{quote.masked_id}"
        answer = self._get(path, store=store.code, token=token, deadline=deadline)
        if answer.status != HTTPStatus.OK:
            return None
        seen, _ = _quote(answer)
        return seen.store_id

    def build(self, bag: Bag, *, store: StoreView, deadline: Deadline) -> Quote:
        """Make a guest quote that holds the bag's lines, and look at what came out.

        Raises LinesRefused with a fault for each line that the shop did not take.
        """
        builder = QuoteBuilder(self._client, self._variants, store, deadline)
        for attempt in retry_dropped_connections(deadline):
            with attempt:
                # A repeat starts with a cart of its own: nobody knows how far the first came.
                masked_id = builder.build(bag)
        return self.guest(masked_id, deadline=deadline)

    def look_closer(
        self, quote: Quote, *, token: str | None, store: StoreView, deadline: Deadline
    ) -> Quote:
        """Return the quote with what only GraphQL tells of its lines, where that is to be had.

        That are the skus of their products, and which of them a rule has made free.
        """
        lines = fetch_line_details(self._client, quote, token=token, store=store, deadline=deadline)
        return replace(quote, lines=lines)

    def _get(
        self,
        path: str,
        *,
        deadline: Deadline,
        store: str | None = None,
        token: str | None = None,
        params: dict[str, str] | None = None,
    ) -> Answer:
        for attempt in retry_dropped_connections(deadline):
            with attempt:
                answer = self._client.rest(
                    "GET", path, store=store, deadline=deadline, token=token, params=params
                )
        return answer


class NoActiveQuote(Exception):
    """The customer has no active quote: it never was, or it has been ordered."""

    def __init__(self, customer_id: int | None) -> None:
        super().__init__()
        self.customer_id = customer_id


def _customers(answer: Answer) -> Quote:
    if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise CustomerTokenRejected
    if answer.status == HTTPStatus.BAD_REQUEST:  # an administrator's token
        raise CustomerTokenRejected
    if answer.status == HTTPStatus.NOT_FOUND:
        customer_id = answer.parameters.get("fieldValue")
        raise NoActiveQuote(customer_id if isinstance(customer_id, int) else None)
    quote, _ = _quote(answer)
    if quote.customer is None:
        raise ShopUnavailable("The shop's answer does not say whose quote it is.")
    return quote


def _quote(answer: Answer) -> tuple[Quote, bool]:
    """Read the shop's answer, and whether it calls the quote a guest's."""
    if answer.status != HTTPStatus.OK:
        raise ShopUnavailable("The shop does not let carts be looked at.")
    try:
        shape = _QuoteShape.model_validate(answer.body)
    except ValidationError:
        raise ShopUnavailable("The shop's answer is not a cart.") from None
    customer = None
    if shape.customer.id is not None:
        customer = QuoteCustomer(shape.customer.id, shape.customer.group_id or 0)
    quote = Quote(
        number=shape.id,
        active=shape.is_active,
        store_id=shape.store_id,
        currency=shape.currency.quote_currency_code,
        lines=tuple(
            QuoteLine(line.sku, line.qty, line.item_id, free=line.price == 0)
            for line in shape.items
        ),
        customer=customer,
        gone=max(0, shape.items_count - len(shape.items)),
    )
    return quote, shape.customer_is_guest is True
