"""Finds or creates the quote of a transfer, and checks that it is exactly as requested."""

from __future__ import annotations

from dataclasses import replace

import structlog

from handoff.bag import BagLine, find_quote_differences
from handoff.deadline import Deadline
from handoff.magento.admin_access import AdminAccessDenied
from handoff.magento.order_models import Order, is_quote_ordered
from handoff.magento.orders import Orders
from handoff.magento.quote_models import Quote, is_masked_id
from handoff.magento.quotes import NoActiveQuote, Quotes
from handoff.problems import (
    CustomerTokenRejected,
    Fault,
    QuoteDiffers,
    QuoteEmpty,
    QuoteNotFound,
    QuoteOrdered,
    StoreNotServed,
)
from handoff.settings.store_view_models import StoreView, StoreViews
from handoff.transfer.request_parser import BagTransfer, QuoteTransfer

log = structlog.get_logger()

_CLOSED_WITHOUT_ORDER = (
    "The quote is closed without an order: it was merged into another quote, or its order was "
    "cancelled. Transfer the shopper's current quote."
)


class QuoteResolver:
    """Finds or creates the quote that a transfer asks for, and raises a Problem if it differs."""

    def __init__(self, quotes: Quotes, stores: StoreViews, orders: Orders | None) -> None:
        """`orders` is None if the settings give no right to read orders."""
        self._quotes = quotes
        self._stores = stores
        self._orders = orders
        self._verified_stores: set[str] = set()

    def create_quote(self, transfer: BagTransfer, deadline: Deadline) -> Quote:
        """Create a guest's quote with exactly the bag's lines, in its store view and currency."""
        store = transfer.store
        quote = self._quotes.create_quote(transfer.bag, store=store, deadline=deadline)
        self.require_equal_bag(quote, transfer, deadline)
        return quote

    def require_equal_bag(self, quote: Quote, transfer: BagTransfer, deadline: Deadline) -> None:
        """Raise a Problem unless a guest's quote is open and holds exactly the bag."""
        store = transfer.store
        if quote.store_id != store.store_id:
            raise _build_store_id_problem(store, quote.store_id)
        self._verified_stores.add(store.code)
        self._require_open_quote(quote, deadline)
        faults = _find_currency_faults(quote, transfer.bag.currency)
        faults += self._find_bag_differences(quote, transfer.bag.lines, None, deadline)
        if faults:
            raise QuoteDiffers(faults=tuple(faults))

    def require_quote(self, transfer: QuoteTransfer, deadline: Deadline) -> Quote:
        """Return the requested quote; raise a Problem unless it is open, owned and as stated."""
        if transfer.token:
            quote = self._require_customer_quote(transfer, deadline)
        elif has_valid_quote_id(transfer):
            quote = self._quotes.fetch_guest_quote(transfer.quote_id, deadline=deadline)
        else:
            raise QuoteNotFound
        self._require_open_quote(quote, deadline)
        self._require_equal_store_id(quote, transfer.token, deadline)
        faults = _find_store_faults(quote, transfer.store)
        faults += _find_currency_faults(quote, transfer.currency)
        if transfer.lines is not None:
            faults += self._find_bag_differences(quote, transfer.lines, transfer.token, deadline)
        elif quote.hidden_line_count:
            faults.append(_build_hidden_lines_fault(quote))
        if faults:
            raise QuoteDiffers(faults=tuple(faults))
        return quote

    def require_store_view(self, quote: Quote) -> StoreView:
        """Return the store view that the quote belongs to; raise StoreNotServed if not listed."""
        store = self._stores.find_by_id(quote.store_id)
        if store is None:
            raise StoreNotServed(
                f"The quote belongs to store view {quote.store_id}, which HANDOFF_STORES "
                "does not list."
            )
        return store

    def _require_equal_store_id(self, quote: Quote, token: str | None, deadline: Deadline) -> None:
        """Raise StoreNotServed unless the shop and the settings give a store view the same id.

        A quote has only the id. If the settings had swapped the ids of two store views, checkout
        would open in the wrong one, and the order would be placed there. Each is verified once.
        """
        store = self.require_store_view(quote)
        if store.code in self._verified_stores:
            return
        store_id = self._quotes.fetch_store_id(store, quote, token=token, deadline=deadline)
        if store_id != store.store_id:
            raise _build_store_id_problem(store, store_id)
        self._verified_stores.add(store.code)

    def _require_customer_quote(self, transfer: QuoteTransfer, deadline: Deadline) -> Quote:
        # The token is checked for any form of the quote id: a caller whose token has expired has to
        # learn that, in order to renew it.
        customer_id: int | None = None
        is_accepted = False
        for store in self._stores.list_one_per_website(first=self._choose_first_store(transfer)):
            try:
                quote = self._fetch_quote_in_website(transfer, store, deadline)
                if transfer.quote_id == str(quote.number):
                    return quote
                customer_id = quote.customer.customer_id if quote.customer else None
            except CustomerTokenRejected:
                if self._stores.shared_accounts:
                    raise
                continue  # A website rejects the customers of other websites, too.
            except NoActiveQuote as error:
                customer_id = error.customer_id
            is_accepted = True
            if not self._stores.shared_accounts:
                break
        if not is_accepted:
            raise CustomerTokenRejected
        raise self._explain_missing_quote(transfer.quote_id, customer_id, deadline)

    def _fetch_quote_in_website(
        self, transfer: QuoteTransfer, store: StoreView, deadline: Deadline
    ) -> Quote:
        token = transfer.token or ""
        try:
            quote = self._quotes.fetch_customer_quote_in_own_store(
                token, store=store, deadline=deadline
            )
            if transfer.quote_id == str(quote.number):
                return quote
        except (CustomerTokenRejected, NoActiveQuote):
            pass  # Another website may have answered.
        quote = self._quotes.fetch_customer_quote(token, store=store, deadline=deadline)
        if store != transfer.store:
            in_currency = self._stores.find_in_website(store.website_id, currency=quote.currency)
            store = in_currency or store
        return replace(quote, store_id=store.store_id)

    def _explain_missing_quote(
        self, quote_id: str, customer_id: int | None, deadline: Deadline
    ) -> QuoteNotFound | QuoteOrdered:
        """Return QuoteOrdered if the quote has become an order of this customer.

        Finding that out needs the right to read orders.
        """
        if customer_id is None or not _is_quote_number(quote_id):
            return QuoteNotFound()
        orders = self._find_orders(int(quote_id), deadline) or []
        own_orders = [order for order in orders if order.customer_id == customer_id]
        return QuoteOrdered(int(quote_id)) if is_quote_ordered(own_orders) else QuoteNotFound()

    def _require_open_quote(self, quote: Quote, deadline: Deadline) -> None:
        """Raise QuoteOrdered, QuoteNotFound or QuoteEmpty unless the quote can go to checkout.

        A quote that is not active was ordered, or merged into a customer's. Without the right to
        read orders, it counts as ordered if the shop has reserved an order number for it.
        """
        if not quote.is_active:
            orders = self._find_orders(quote.number, deadline)
            has_reserved_number = quote.reserved_order_number is not None
            if has_reserved_number if orders is None else is_quote_ordered(orders):
                raise QuoteOrdered(quote.number)
            raise QuoteNotFound(_CLOSED_WITHOUT_ORDER)
        if not quote.lines:
            raise QuoteEmpty

    def _find_orders(self, quote_number: int, deadline: Deadline) -> list[Order] | None:
        """Return the orders of a quote, or None without the right to read them."""
        if self._orders is None:
            return None
        try:
            return self._orders.find_orders_of_quote(quote_number, deadline=deadline)
        except AdminAccessDenied as problem:
            log.warning("order_lookup_failed", code=problem.code, detail=problem.detail)
            return None

    def _find_bag_differences(
        self, quote: Quote, lines: tuple[BagLine, ...], token: str | None, deadline: Deadline
    ) -> list[Fault]:
        """Compare the quote with the bag, and again with line details if it seems to differ."""
        if not find_quote_differences(quote.lines, lines):
            return []
        # If it were read in another store view, the quote would get the prices of that one.
        store = self.require_store_view(quote)
        quote = self._quotes.add_line_details(quote, token=token, store=store, deadline=deadline)
        return find_quote_differences(quote.lines, lines)

    def _choose_first_store(self, transfer: QuoteTransfer) -> StoreView:
        currency = transfer.currency
        in_currency = self._stores.find_by_currency(currency) if currency else None
        return transfer.store or in_currency or self._stores.default


def has_valid_quote_id(transfer: QuoteTransfer) -> bool:
    """Return whether the quote id has the form of its kind: a customer's number or a masked id."""
    return (_is_quote_number if transfer.token else is_masked_id)(transfer.quote_id)


def _is_quote_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 18 and value[0] != "0"


def _build_store_id_problem(store: StoreView, store_id: int | None) -> StoreNotServed:
    if store_id is None:
        return StoreNotServed(f"The shop does not show the quote in a store view {store.code}.")
    return StoreNotServed(
        f"The store view {store.code} has the id {store_id} in the shop, and {store.store_id} in "
        "HANDOFF_STORES."
    )


def _find_store_faults(quote: Quote, store: StoreView | None) -> list[Fault]:
    if store is None or quote.store_id == store.store_id:
        return []
    return [Fault("store_differs", "The quote belongs to another store view.", pointer="/store")]


def _find_currency_faults(quote: Quote, currency: str | None) -> list[Fault]:
    if currency is None or quote.currency == currency:
        return []
    detail = f"The quote is in {quote.currency}."
    return [Fault("currency_differs", detail, pointer="/currency")]


def _build_hidden_lines_fault(quote: Quote) -> Fault:
    """Return the fault for lines whose skus the shop no longer shows."""
    detail = (
        f"Lines of the quote that are no longer sold: {quote.hidden_line_count}. Show the shopper "
        "the lines that it holds now. Any change of the quote removes the others. Then transfer "
        "it again."
    )
    return Fault("line_gone", detail, pointer="/quote_id")
