"""From a request to a quote: the look, and the checks that it is exactly what was asked for."""

from __future__ import annotations

from dataclasses import replace

from handoff.bag import Line, plain, same_sku, summed
from handoff.errors import (
    CustomerTokenRejected,
    Fault,
    QuoteDiffers,
    QuoteEmpty,
    QuoteNotFound,
    QuoteOrdered,
    ShopTimeout,
    ShopUnavailable,
    StoreNotServed,
)
from handoff.magento.carts import Carts, NoActiveQuote, Quote, is_masked_id
from handoff.magento.deadline import Deadline
from handoff.magento.orders import Orders
from handoff.magento.stores import Store, Stores
from handoff.transfer.contract import BagTransfer, QuoteTransfer


class QuoteDesk:
    """Finds or makes the quote that a transfer asks for, and vouches for it."""

    def __init__(self, carts: Carts, stores: Stores, orders: Orders | None) -> None:
        """Take `orders` where the settings give the right to read them."""
        self._carts = carts
        self._stores = stores
        self._orders = orders

    def build(self, transfer: BagTransfer, deadline: Deadline) -> Quote:
        """Make a guest quote with exactly the lines of the bag, in its store view and currency."""
        store = transfer.store
        quote = self._carts.build(transfer.bag, store=store, deadline=deadline)
        if quote.store_id != store.store_id:
            raise StoreNotServed(
                f"The shop numbers the store view {store.code} {quote.store_id}, HANDOFF_STORES "
                f"{store.store_id}."
            )
        _require_open(quote)
        _require_equal(quote, lines=transfer.bag.lines, currency=transfer.bag.currency)
        return quote

    def look(self, transfer: QuoteTransfer, deadline: Deadline) -> Quote:
        """Look at a quote of the shop, and require that it is open, theirs, and as stated."""
        quote = (
            self._customers(transfer, deadline)
            if transfer.token
            else self._guests(transfer, deadline)
        )
        _require_open(quote)
        _require_equal(
            quote, lines=transfer.lines, currency=transfer.currency, store=transfer.store
        )
        return quote

    def store_of(self, quote: Quote) -> Store:
        """Return the store view that the quote belongs to; raises StoreNotServed."""
        store = self._stores.by_id(quote.store_id)
        if store is None:
            raise StoreNotServed(
                f"The quote belongs to store view {quote.store_id}, which HANDOFF_STORES "
                "does not list."
            )
        return store

    def _guests(self, transfer: QuoteTransfer, deadline: Deadline) -> Quote:
        if not names_a_quote(transfer):
            raise QuoteNotFound
        return self._carts.guest(transfer.quote_id, deadline=deadline)

    def _customers(self, transfer: QuoteTransfer, deadline: Deadline) -> Quote:
        # The token comes first, whatever the quote id looks like: a caller whose token has
        # expired has to learn that, to renew it.
        missing: NoActiveQuote | None = None
        known = False
        for store in self._stores.one_of_each_website(first=self._asked_store(transfer)):
            try:
                quote = self._in_website(transfer, store, deadline)
            except CustomerTokenRejected:
                if self._stores.shared_accounts:
                    raise
                continue  # so does a website say that does not have this customer
            except NoActiveQuote as none:
                missing = none
            else:
                if transfer.quote_id == str(quote.number):
                    return quote
            known = True
            if not self._stores.shared_accounts:
                break
        if not known:
            raise CustomerTokenRejected
        raise self._closed_or_unknown(transfer, missing, deadline)

    def _in_website(self, transfer: QuoteTransfer, store: Store, deadline: Deadline) -> Quote:
        """Look for a customer's quote in the website of a store view."""
        token = transfer.token or ""
        try:
            kept = self._carts.customer_as_kept(token, store=store, deadline=deadline)
            if transfer.quote_id == str(kept.number):
                return kept
        except (CustomerTokenRejected, NoActiveQuote):
            pass  # that may have been another website's answer
        quote = self._carts.customer(token, store=store, deadline=deadline)
        if store != transfer.store:
            sells = self._stores.in_website(store.website_id, currency=quote.currency)
            store = sells or store
        return replace(quote, store_id=store.store_id)

    def _closed_or_unknown(
        self, transfer: QuoteTransfer, missing: NoActiveQuote | None, deadline: Deadline
    ) -> QuoteNotFound | QuoteOrdered:
        """Tell an ordered quote from an unknown one, where orders may be read."""
        number = transfer.quote_id
        customer_id = missing.customer_id if missing else None
        if self._orders is None or customer_id is None or not _is_number(number):
            return QuoteNotFound()
        try:
            order = self._orders.of_quote(int(number), deadline=deadline)
        except (ShopUnavailable, ShopTimeout):
            return QuoteNotFound()
        is_theirs = order is not None and order.customer_id == customer_id
        return QuoteOrdered() if is_theirs else QuoteNotFound()

    def _asked_store(self, transfer: QuoteTransfer) -> Store:
        sells = self._stores.by_currency(transfer.currency) if transfer.currency else None
        return transfer.store or sells or self._stores.first


def names_a_quote(transfer: QuoteTransfer) -> bool:
    """Say whether the quote id has the form of its kind: a customer's number, or a masked id."""
    return (_is_number if transfer.token else is_masked_id)(transfer.quote_id)


def _require_open(quote: Quote) -> None:
    if not quote.active:
        raise QuoteOrdered
    if not quote.lines:
        raise QuoteEmpty


def _require_equal(
    quote: Quote,
    *,
    lines: tuple[Line, ...] | None,
    currency: str | None,
    store: Store | None = None,
) -> None:
    faults = []
    if store is not None and quote.store_id != store.store_id:
        words = "The quote belongs to another store view."
        faults.append(Fault("store_differs", words, pointer="/store"))
    if currency is not None and quote.currency != currency:
        words = f"The quote is in {quote.currency}."
        faults.append(Fault("currency_differs", words, pointer="/currency"))
    if lines is not None:
        faults += _differences(quote, lines)
    if faults:
        raise QuoteDiffers(faults=tuple(faults))


def _differences(quote: Quote, lines: tuple[Line, ...]) -> list[Fault]:
    """Compare sum by sum, ignoring case, and name every sku that differs."""
    wanted = {same_sku(line.sku): line for line in summed(lines)}
    held = {same_sku(line.sku): line for line in summed(quote.lines)}
    faults = (_difference(wanted.get(key), held.get(key)) for key in wanted | held)
    return [fault for fault in faults if fault is not None]


def _difference(wanted: Line | None, held: Line | None) -> Fault | None:
    if wanted is None:
        sku = held.sku if held else ""
        return Fault("foreign_in_quote", "The quote holds this item; the bag does not.", sku=sku)
    if held is None:
        return Fault("missing_in_quote", "The quote does not hold this item.", sku=wanted.sku)
    if wanted.quantity == held.quantity:
        return None
    words = f"The quote holds {plain(held.quantity)}, the bag {plain(wanted.quantity)}."
    return Fault("quantity_differs", words, sku=wanted.sku)


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 18 and value[0] != "0"
