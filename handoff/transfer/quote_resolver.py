"""From a request to a quote: the look, and the checks that it is exactly what was asked for."""

from __future__ import annotations

from dataclasses import replace

from handoff.bag import BagLine
from handoff.bag_comparison import find_differences
from handoff.deadline import Deadline
from handoff.magento.masked_ids import is_masked_id
from handoff.magento.orders import Orders
from handoff.magento.quote_models import Quote
from handoff.magento.quotes import NoActiveQuote, Quotes
from handoff.problems import (
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
from handoff.settings.store_views import StoreView, StoreViews
from handoff.transfer.request_parser import BagTransfer, QuoteTransfer


class QuoteResolver:
    """Finds or makes the quote that a transfer asks for, and vouches for it."""

    def __init__(self, carts: Quotes, stores: StoreViews, orders: Orders | None) -> None:
        """Take `orders` where the settings give the right to read them."""
        self._carts = carts
        self._stores = stores
        self._orders = orders
        self._confirmed: set[str] = set()

    def build(self, transfer: BagTransfer, deadline: Deadline) -> Quote:
        """Make a guest quote with exactly the lines of the bag, in its store view and currency."""
        store = transfer.store
        quote = self._carts.build(transfer.bag, store=store, deadline=deadline)
        if quote.store_id != store.store_id:
            raise _wrong_number(store, quote.store_id)
        self._confirmed.add(store.code)
        _require_open(quote)
        faults = _currency_faults(quote, transfer.bag.currency)
        faults += self._differences(quote, transfer.bag.lines, None, deadline)
        if faults:
            raise QuoteDiffers(faults=tuple(faults))
        return quote

    def look(self, transfer: QuoteTransfer, deadline: Deadline) -> Quote:
        """Look at a quote of the shop, and require that it is open, theirs, and as stated."""
        quote = (
            self._customers(transfer, deadline)
            if transfer.token
            else self._guests(transfer, deadline)
        )
        _require_open(quote)
        self._require_number(quote, transfer.token, deadline)
        faults = _store_faults(quote, transfer.store)
        faults += _currency_faults(quote, transfer.currency)
        if transfer.lines is not None:
            faults += self._differences(quote, transfer.lines, transfer.token, deadline)
        elif quote.gone:
            faults.append(_gone(quote))
        if faults:
            raise QuoteDiffers(faults=tuple(faults))
        return quote

    def store_of(self, quote: Quote) -> StoreView:
        """Return the store view that the quote belongs to; raises StoreNotServed."""
        store = self._stores.find_by_id(quote.store_id)
        if store is None:
            raise StoreNotServed(
                f"The quote belongs to store view {quote.store_id}, which HANDOFF_STORES "
                "does not list."
            )
        return store

    def _require_number(self, quote: Quote, token: str | None, deadline: Deadline) -> None:
        """Require that the shop numbers the quote's store view as the settings do.

        A quote tells the number alone. With the numbers of two store views exchanged, checkout
        would open in the wrong one, and the order be placed there. The shop is asked once for each.
        """
        store = self.store_of(quote)
        if store.code in self._confirmed:
            return
        number = self._carts.number_of(store, quote, token=token, deadline=deadline)
        if number != store.store_id:
            raise _wrong_number(store, number)
        self._confirmed.add(store.code)

    def _guests(self, transfer: QuoteTransfer, deadline: Deadline) -> Quote:
        if not has_valid_quote_id(transfer):
            raise QuoteNotFound
        return self._carts.guest(transfer.quote_id, deadline=deadline)

    def _customers(self, transfer: QuoteTransfer, deadline: Deadline) -> Quote:
        # The token comes first, whatever the quote id looks like: a caller whose token has
        # expired has to learn that, to renew it.
        missing: NoActiveQuote | None = None
        known = False
        for store in self._stores.list_one_per_website(first=self._asked_store(transfer)):
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

    def _in_website(self, transfer: QuoteTransfer, store: StoreView, deadline: Deadline) -> Quote:
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
            sells = self._stores.find_in_website(store.website_id, currency=quote.currency)
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

    def _differences(
        self, quote: Quote, lines: tuple[BagLine, ...], token: str | None, deadline: Deadline
    ) -> list[Fault]:
        """Compare the quote with the bag, and look closer before they are said to differ."""
        if not find_differences(quote.lines, lines):
            return []
        # Looked at in any store view but its own, the quote would be priced anew in that one.
        store = self.store_of(quote)
        closer = self._carts.look_closer(quote, token=token, store=store, deadline=deadline)
        return find_differences(closer.lines, lines)

    def _asked_store(self, transfer: QuoteTransfer) -> StoreView:
        sells = self._stores.find_by_currency(transfer.currency) if transfer.currency else None
        return transfer.store or sells or self._stores.first


def has_valid_quote_id(transfer: QuoteTransfer) -> bool:
    """Say whether the quote id has the form of its kind: a customer's number, or a masked id."""
    return (_is_number if transfer.token else is_masked_id)(transfer.quote_id)


def _require_open(quote: Quote) -> None:
    if not quote.active:
        raise QuoteOrdered
    if not quote.lines:
        raise QuoteEmpty


def _wrong_number(store: StoreView, number: int | None) -> StoreNotServed:
    if number is None:
        return StoreNotServed(f"The shop does not show the quote in a store view {store.code}.")
    return StoreNotServed(
        f"The shop numbers the store view {store.code} {number}, HANDOFF_STORES {store.store_id}."
    )


def _store_faults(quote: Quote, store: StoreView | None) -> list[Fault]:
    if store is None or quote.store_id == store.store_id:
        return []
    return [Fault("store_differs", "The quote belongs to another store view.", pointer="/store")]


def _currency_faults(quote: Quote, currency: str | None) -> list[Fault]:
    if currency is None or quote.currency == currency:
        return []
    words = f"The quote is in {quote.currency}."
    return [Fault("currency_differs", words, pointer="/currency")]


def _gone(quote: Quote) -> Fault:
    """Say that lines are missing whose skus the shop no longer tells."""
    words = (
        f"Lines of the quote that are no longer sold: {quote.gone}. Show the shopper what it "
        "holds now. Any change of the quote takes them out; then transfer it again."
    )
    return Fault("line_gone", words, pointer="/quote_id")


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 18 and value[0] != "0"
