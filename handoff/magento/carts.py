"""Carts of the shop: looking at a quote, and building one from a bag."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated

import stamina
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handoff.bag import Bag, Line, same_sku
from handoff.errors import (
    CustomerTokenRejected,
    Fault,
    LinesRefused,
    QuoteNotFound,
    ShopDropped,
    ShopTimeout,
    ShopUnavailable,
)
from handoff.magento.client import Answer, MagentoClient
from handoff.magento.deadline import Deadline
from handoff.magento.stores import Store

# From this many lines on, one GraphQL request is faster than one REST call a line. Measured on
# 2.4.7, median ms: 1 line 113 against 176; 3 lines 294 against 189; 10 lines 1066 against 218.
_GRAPHQL_FROM_LINES = 2

_BUILD = """mutation($id: String!, $items: [CartItemInput!]!) {
  createEmptyCart(input: {cart_id: $id})
  addProductsToCart(cartId: $id, cartItems: $items) {
    cart { itemsV2(pageSize: 500) { items { quantity product { sku } } } }
  }
}"""

# How many lines are asked about one by one once the bag is refused anyway.
_MOST_EXPLAINED = 20

_MASKED_ID_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Customer:
    """The customer that a quote belongs to, and the group whose prices apply."""

    customer_id: int
    group_id: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What one look at the shop tells about a quote.

    `customer` is None for a guest's, which has `masked_id` instead, a credential.
    """

    number: int
    active: bool
    store_id: int
    currency: str
    lines: tuple[Line, ...]
    customer: Customer | None
    masked_id: str | None = field(default=None, repr=False)


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore")


# What a database holds; a number beyond is no Magento's.
_Number = Annotated[int, Field(ge=1, lt=2**63)]


class _LineShape(_Shape):
    sku: str
    qty: Annotated[Decimal, Field(ge=0, lt=10**9, allow_inf_nan=False)]


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
    customer: _CustomerShape = _CustomerShape()
    currency: _CurrencyShape
    customer_is_guest: bool | None = None


class Carts:
    """The shop's carts, guests' and customers'."""

    def __init__(self, client: MagentoClient) -> None:
        self._client = client

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

    def customer(self, token: str, *, store: Store, deadline: Deadline) -> Quote:
        """Look at the active quote, in a store view's website, of the customer with this token.

        The quote says the store view that it was asked for in, not the one that it belongs to.
        Raises CustomerTokenRejected, or NoActiveQuote when the customer has none there.
        """
        return _customers(self._get("carts/mine", store=store.code, token=token, deadline=deadline))

    def customer_as_kept(self, token: str, *, store: Store, deadline: Deadline) -> Quote:
        """Do the same, but let the quote say the store view that it belongs to.

        A web server that ties its host to a website overrules the store view asked for.
        """
        wanted = {"___store": store.code}
        return _customers(self._get("carts/mine", params=wanted, token=token, deadline=deadline))

    def build(self, bag: Bag, *, store: Store, deadline: Deadline) -> Quote:
        """Make a guest quote that holds the bag's lines, and look at what came out.

        Raises LinesRefused with a fault for each line that the shop did not take.
        """
        for attempt in _again_when_dropped(deadline):
            with attempt:
                # A repeat starts with a cart of its own: nobody knows how far the first came.
                masked_id = self._fill_new_cart(bag, store=store, deadline=deadline)
        return self.guest(masked_id, deadline=deadline)

    def _fill_new_cart(self, bag: Bag, *, store: Store, deadline: Deadline) -> str:
        filled = None
        if len(bag.lines) >= _GRAPHQL_FROM_LINES:
            filled = self._create_filled(bag, store=store, deadline=deadline)
        masked_id = filled.masked_id if filled else self._create(store=store, deadline=deadline)
        lines = filled.left_out if filled else bag.lines
        refused: list[Fault] = []
        for tried, line in enumerate(lines):
            if refused and tried >= _MOST_EXPLAINED:
                # The bag is refused anyway. What GraphQL has left out is named without a reason.
                refused += [_refused(line.sku) for line in lines[tried:]] if filled else []
                break
            fault = self._add(masked_id, line, store=store, deadline=deadline)
            refused += [fault] if fault else []
        if refused:
            raise LinesRefused(faults=tuple(refused))
        return masked_id

    def _create(self, *, store: Store, deadline: Deadline) -> str:
        answer = self._client.rest("POST", "guest-carts", store=store.code, deadline=deadline)
        if answer.status != HTTPStatus.OK or not is_masked_id(answer.body):
            raise ShopUnavailable("The shop does not make a guest cart.")
        return str(answer.body)

    def _create_filled(self, bag: Bag, *, store: Store, deadline: Deadline) -> _Filled | None:
        """Make a cart and add all lines in one request; None where GraphQL is not to be had.

        GraphQL takes a sku only as the catalogue spells it, and gives coarse reasons. So lines
        that it leaves out are not refused yet: they are tried again over REST, one by one.
        """
        masked_id = secrets.token_hex(_MASKED_ID_LENGTH // 2)
        items = [{"sku": line.sku, "quantity": int(line.quantity)} for line in bag.lines]
        answer = self._client.graphql(
            _BUILD, {"id": masked_id, "items": items}, store=store.code, deadline=deadline
        )
        try:
            data = answer.body["data"]
            if data["createEmptyCart"] != masked_id:
                return None
            in_cart = data["addProductsToCart"]["cart"]["itemsV2"]["items"]
            taken = {same_sku(str(item["product"]["sku"])) for item in in_cart}
        except (KeyError, TypeError):
            return None
        return _Filled(masked_id, tuple(x for x in bag.lines if same_sku(x.sku) not in taken))

    def _add(self, masked_id: str, line: Line, *, store: Store, deadline: Deadline) -> Fault | None:
        answer = self._client.rest(
            "POST",
            f"guest-carts/{masked_id}/items",
            store=store.code,
            deadline=deadline,
            body={"cartItem": {"sku": line.sku, "qty": int(line.quantity)}},
        )
        if answer.status == HTTPStatus.OK:
            return None
        if answer.status not in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
            raise ShopUnavailable("The shop does not let lines be added to a guest cart.")
        return _refusal(line.sku, answer)

    def _get(
        self,
        path: str,
        *,
        deadline: Deadline,
        store: str | None = None,
        token: str | None = None,
        params: dict[str, str] | None = None,
    ) -> Answer:
        for attempt in _again_when_dropped(deadline):
            with attempt:
                answer = self._client.rest(
                    "GET", path, store=store, deadline=deadline, token=token, params=params
                )
        return answer


@dataclass(frozen=True, slots=True)
class _Filled:
    """A cart that GraphQL has filled, and the lines that it did not take."""

    masked_id: str
    left_out: tuple[Line, ...]


class NoActiveQuote(Exception):
    """The customer has no active quote: it never was, or it has been ordered."""

    def __init__(self, customer_id: int | None) -> None:
        super().__init__()
        self.customer_id = customer_id


def _again_when_dropped(deadline: Deadline) -> Iterable[stamina.Attempt]:
    """Try up to three times when the connection breaks, within the deadline."""
    if deadline.passed:
        raise ShopTimeout
    return stamina.retry_context(
        on=ShopDropped,
        attempts=3,
        timeout=deadline.remaining,
        wait_initial=0.05,
        wait_max=0.5,
        wait_jitter=0.05,
    )


def is_masked_id(value: object) -> bool:
    """Say whether a value has the form of a masked id: 32 letters and digits."""
    return (
        isinstance(value, str)
        and len(value) == _MASKED_ID_LENGTH
        and value.isascii()
        and value.isalnum()
    )


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
        customer = Customer(shape.customer.id, shape.customer.group_id or 0)
    quote = Quote(
        number=shape.id,
        active=shape.is_active,
        store_id=shape.store_id,
        currency=shape.currency.quote_currency_code,
        lines=tuple(Line(line.sku, line.qty) for line in shape.items),
        customer=customer,
    )
    return quote, shape.customer_is_guest is True


# Magento has no codes for these in REST, only words, and those in the shop's language. Where
# they are not English the line is still named, with the last of the codes below.
_REFUSALS = (
    ("choose options", "options_required", "needs options to be chosen"),
    ("required option", "options_required", "needs options to be chosen"),
    ("is not available", "unavailable", "is not to be had at present"),
    ("out of stock", "unavailable", "is not to be had at present"),
)
_QUANTITIES = ("requested qty", "the most you may purchase", "the fewest you may purchase")


def _refusal(sku: str, answer: Answer) -> Fault:
    words = answer.message.lower()
    if answer.status == HTTPStatus.NOT_FOUND:
        return Fault("unknown_sku", "The shop does not know this sku.", sku=sku)
    if any(part in words for part in _QUANTITIES):
        return Fault("quantity_unavailable", "The shop does not sell this quantity.", sku=sku)
    for part, code, reason in _REFUSALS:
        if part in words:
            return Fault(code, f"This item {reason}.", sku=sku)
    return _refused(sku)


def _refused(sku: str) -> Fault:
    return Fault("refused", "The shop refuses this line.", sku=sku)
