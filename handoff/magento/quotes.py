"""Reads quotes of the shop, and creates a quote from a bag."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any

from pydantic import Field, ValidationError

from handoff.bag import Bag, find_quote_differences
from handoff.deadline import Deadline
from handoff.magento.answers import Answer, ShopJsonModel
from handoff.magento.client import MagentoClient, retry_dropped_connections
from handoff.magento.graphql_line_details import fetch_line_details
from handoff.magento.product_cache import ProductCache
from handoff.magento.quote_builder import QuoteBuilder
from handoff.magento.quote_models import Quantity, Quote, QuoteCustomer, QuoteLine, Sku
from handoff.magento.unusable_answers import log_and_build_unusable_answer_problem
from handoff.magento.variants import VariantChoice, Variants
from handoff.problems import CustomerTokenRejected, QuoteNotFound, StoreNotServed
from handoff.settings.store_view_models import StoreView

_UNKNOWN_STORE_MESSAGE = "Specified request cannot be processed."

# The largest number that a database holds; a larger one does not come from Magento.
_Id = Annotated[int, Field(strict=True, ge=1, lt=2**63)]
_Number = Annotated[int, Field(strict=True, ge=0, lt=2**31)]


class _LineJson(ShopJsonModel):
    item_id: _Id
    sku: Sku
    qty: Quantity
    price: Annotated[Decimal, Field(allow_inf_nan=False)] | None = None


class _AddressJson(ShopJsonModel):
    country_id: Annotated[str, Field(max_length=2)] | None = None
    region_id: _Number | None = None
    postcode: Annotated[str, Field(max_length=255, pattern=r"^[^\x00]*$")] | None = None
    default_billing: bool = False
    default_shipping: bool = False


class _CustomerJson(ShopJsonModel):
    id: _Id | None = None
    group_id: _Number | None = None
    addresses: tuple[_AddressJson, ...] = ()


class _CurrencyJson(ShopJsonModel):
    quote_currency_code: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class _QuoteJson(ShopJsonModel):
    id: _Id
    is_active: Annotated[bool, Field(strict=True)]
    store_id: _Number
    items: tuple[_LineJson, ...] = ()  # missing after the quote was ordered
    items_count: Annotated[int, Field(strict=True, ge=0, lt=10**9)] = 0
    customer: _CustomerJson = _CustomerJson()
    customer_tax_class_id: _Number | None = None
    currency: _CurrencyJson
    reserved_order_id: Annotated[str, Field(max_length=64)] | None = None


class NoActiveQuote(Exception):
    """The customer has no active quote: there never was one, or it has been ordered."""

    def __init__(self, customer_id: int | None) -> None:
        super().__init__()
        self.customer_id = customer_id


class Quotes:
    """Reads and creates the shop's quotes, of guests and of customers."""

    def __init__(self, client: MagentoClient) -> None:
        self._client = client
        self._variants = Variants(client)
        self._known_products: ProductCache[VariantChoice | None] = ProductCache()

    def fetch_guest_quote(self, masked_id: str, *, deadline: Deadline) -> Quote:
        """Return a guest's quote by its masked id, whichever store view it belongs to.

        Raises QuoteNotFound for an unknown masked id, and also for a customer's.
        """
        # With a store's code in the path, the answer would give that store view as the quote's.
        answer = self._request_quote(f"guest-carts/{masked_id}", deadline=deadline)
        if _is_missing_entity(answer):
            raise QuoteNotFound
        quote = _parse_quote(answer)
        # A customer's cart has a masked id too, with which the shop shows it to anyone.
        if quote.customer is not None:
            raise QuoteNotFound
        return replace(quote, masked_id=masked_id)

    def fetch_customer_quote(self, token: str, *, store: StoreView, deadline: Deadline) -> Quote:
        """Return the customer's active quote in the website of a store view.

        Its `store_id` is that of the given store view, not of the one that it belongs to. Raises
        CustomerTokenRejected, or NoActiveQuote if the customer has none there.
        """
        path = "carts/mine"
        answer = self._request_quote(path, store=store.code, token=token, deadline=deadline)
        return _parse_customer_quote(answer)

    def fetch_customer_quote_in_own_store(
        self, token: str, *, store: StoreView, deadline: Deadline
    ) -> Quote:
        """Return the customer's active quote with the `store_id` that it belongs to.

        A web server that ties its host to a website overrides the given store view. Raises as
        `fetch_customer_quote` does.
        """
        params = {"___store": store.code}
        answer = self._request_quote("carts/mine", params=params, token=token, deadline=deadline)
        return _parse_customer_quote(answer)

    def fetch_store_id(
        self, store: StoreView, quote: Quote, *, token: str | None, deadline: Deadline
    ) -> int | None:
        """Return the shop's id of a store view, from its answer to reading a quote there.

        Returns None if the shop does not show the quote in it.
        """
        path = "carts/mine" if token else f"guest-carts/{quote.masked_id}"
        answer = self._request_quote(path, store=store.code, token=token, deadline=deadline)
        if _is_missing_entity(answer) or _is_token_refused(answer):
            return None
        return _parse_quote(answer).store_id

    def create_quote(self, bag: Bag, *, store: StoreView, deadline: Deadline) -> Quote:
        """Create a guest's quote with the lines of a bag, and return it as the shop shows it.

        Raises LinesRefused with a fault for each line that the shop refuses.
        """
        builder = QuoteBuilder(self._client, self._variants, store, deadline)
        if quote := self._create_quote_of_known_products(bag, builder, deadline):
            return quote
        # A retry creates a new cart, since the state of the first is unknown.
        cart = retry_dropped_connections(lambda: builder.create_cart(bag), deadline)
        quote = self.fetch_guest_quote(cart.masked_id, deadline=deadline)
        if cart.choices and not find_quote_differences(quote.lines, bag.lines):
            self._known_products.add(cart.choices, store=store)
        return replace(quote, total=cart.total)

    def add_line_details(
        self, quote: Quote, *, token: str | None, store: StoreView, deadline: Deadline
    ) -> Quote:
        """Return the quote with the product sku of each line, and whether a rule made it free.

        Only GraphQL has these details; without it, return the quote unchanged.
        """
        lines = fetch_line_details(self._client, quote, token=token, store=store, deadline=deadline)
        return replace(quote, lines=lines)

    def _create_quote_of_known_products(
        self, bag: Bag, builder: QuoteBuilder, deadline: Deadline
    ) -> Quote | None:
        """Create a quote of products that an earlier one held exactly as its bag.

        Returns None if one of them is unknown, or if the quote differs from the bag this time.
        """
        skus = [line.sku for line in bag.lines]
        choices = self._known_products.get(skus, store=builder.store)
        if len(choices) < len(skus):
            return None
        cart = retry_dropped_connections(
            lambda: builder.create_cart_of_known_products(bag, choices), deadline
        )
        if cart is not None:
            quote = self.fetch_guest_quote(cart.masked_id, deadline=deadline)
            if not find_quote_differences(quote.lines, bag.lines):
                return replace(quote, total=cart.total)
        self._known_products.remove(skus, store=builder.store)
        return None

    def _request_quote(
        self,
        path: str,
        *,
        deadline: Deadline,
        store: str | None = None,
        token: str | None = None,
        params: dict[str, str] | None = None,
    ) -> Answer:
        answer = retry_dropped_connections(
            lambda: self._client.call_rest(
                "GET", path, store=store, deadline=deadline, token=token, params=params
            ),
            deadline,
        )
        if answer.status == HTTPStatus.BAD_REQUEST and answer.message == _UNKNOWN_STORE_MESSAGE:
            raise StoreNotServed(f"The shop has no store view {store}.")
        return answer


def _is_missing_entity(answer: Answer) -> bool:
    """Return whether Magento itself says that the object does not exist.

    Then its message names the field that was looked up; the 404 of a proxy does not.
    """
    is_missing = answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST)
    return is_missing and "fieldName" in answer.parameters


def _is_token_refused(answer: Answer) -> bool:
    """Return whether Magento itself refuses the token: its message names the missing permission."""
    is_denied = answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    return is_denied and "resources" in answer.parameters


def _parse_customer_quote(answer: Answer) -> Quote:
    if _is_token_refused(answer):
        raise CustomerTokenRejected
    if _is_missing_entity(answer):
        if answer.status == HTTPStatus.BAD_REQUEST:  # the answer to an administrator's token
            raise CustomerTokenRejected
        customer_id = answer.parameters.get("fieldValue")
        raise NoActiveQuote(customer_id if isinstance(customer_id, int) else None)
    quote = _parse_quote(answer)
    if quote.customer is None:
        raise log_and_build_unusable_answer_problem(
            answer, "The shop's answer does not name the customer of the quote."
        )
    return quote


def _parse_quote(answer: Answer) -> Quote:
    """Return the quote in an answer."""
    if answer.status != HTTPStatus.OK:
        raise log_and_build_unusable_answer_problem(
            answer, "The shop does not allow to read carts."
        )
    try:
        json = _QuoteJson.model_validate(answer.body)
    except ValidationError:
        raise log_and_build_unusable_answer_problem(
            answer, "The shop's answer is not a cart."
        ) from None
    customer = None
    if json.customer.id is not None:
        customer = QuoteCustomer(
            json.customer.id, json.customer.group_id or 0, _build_tax_facts(json)
        )
    return Quote(
        number=json.id,
        is_active=json.is_active,
        reserved_order_number=json.reserved_order_id or None,
        store_id=json.store_id,
        currency=json.currency.quote_currency_code,
        lines=tuple(
            QuoteLine(line.sku, line.qty, line.item_id, is_free=line.price == 0)
            for line in json.items
        ),
        customer=customer,
        hidden_line_count=max(0, json.items_count - len(json.items)),
    )


def _build_tax_facts(json: _QuoteJson) -> dict[str, Any]:
    """Return the facts that decide the tax in the prices that the customer sees."""
    tax: dict[str, Any] = {}
    if json.customer_tax_class_id is not None:
        tax["class_id"] = json.customer_tax_class_id
    for address in json.customer.addresses:
        place = address.model_dump(include={"country_id", "region_id", "postcode"})
        if address.default_billing:
            tax["billing"] = place
        if address.default_shipping:
            tax["shipping"] = place
    return tax
