"""Turns a transfer into one quote and one handoff, even if the transfer is repeated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from handoff.bag import Bag, BagLine, format_quantity, merge_lines, normalize_sku
from handoff.concurrency_limit import ConcurrencyLimit
from handoff.deadline import Deadline
from handoff.ledger.handoff_repository import HandoffRepository
from handoff.ledger.lease_locks import Lease, LeaseLost, Leases
from handoff.ledger.models import Handoff, NewHandoff, build_reference_key, compute_digest
from handoff.magento.quote_models import Quote
from handoff.problems import Busy, NotWithThisStore, ShopTimeout
from handoff.transfer.checkout_preflight import CheckoutPreflight
from handoff.transfer.quote_resolver import QuoteResolver
from handoff.transfer.request_parser import BagTransfer, QuoteTransfer
from handoff.transfer.storefront_session_builder import StorefrontSessionBuilder

# Seconds. If the shop is quick, one of twelve transfers ends within this time. A slow shop must not
# occupy the threads that shoppers with links need. Nor must many direct entries, which anybody can
# send, so they do not wait.
_WAIT_FOR_SLOT = 0.1


@dataclass(frozen=True, slots=True)
class TransferService:
    """Creates a handoff for each transfer. Equal transfers, simultaneous or later, share one.

    `preflight` is None if the settings switch it off. `limit` bounds the transfers that run at
    once; each has a `timeout` in seconds. `session_builder` makes the sessions if the shop's
    session store cannot be reached.
    """

    ledger: HandoffRepository
    leases: Leases
    quotes: QuoteResolver
    preflight: CheckoutPreflight | None
    limit: ConcurrencyLimit
    timeout: float
    session_builder: StorefrontSessionBuilder | None = None

    def issue_or_renew_handoff(self, transfer: BagTransfer | QuoteTransfer) -> Handoff:
        """Return the handoff of a transfer, or raise the Problem that says why there is none.

        Equal transfers wait for the lease of the first. It is taken before the shop is called.
        """
        if self.session_builder is not None and not isinstance(transfer, BagTransfer):
            raise NotWithThisStore
        deadline = Deadline.within_request(self.timeout)
        if deadline.has_passed:  # the request has waited too long for a thread
            raise Busy
        with self.limit.acquire_slot(0 if transfer.caller is None else _WAIT_FOR_SLOT):
            while True:
                with self.leases.acquire(_build_lease_key(transfer), deadline) as lease:
                    if lease is None:
                        raise ShopTimeout("An equal transfer is still waiting for the shop.")
                    try:
                        if isinstance(transfer, BagTransfer):
                            return self._transfer_bag(transfer, lease, deadline)
                        return self._transfer_quote(transfer, lease, deadline)
                    except LeaseLost:
                        if deadline.has_passed:
                            raise ShopTimeout from None

    def _transfer_bag(self, transfer: BagTransfer, lease: Lease, deadline: Deadline) -> Handoff:
        bag, key = transfer.bag, build_reference_key(transfer.caller, transfer.reference)
        content = compute_digest(
            ["bag", transfer.store.code, None, _list_quantities(bag.lines), bag.currency]
        )
        known = self.ledger.renew(lease, transfer_key=key, content_hash=content)
        if known is not None:
            return known
        if self.session_builder is not None:
            made = self.session_builder.create_filled_session(transfer, deadline)
            new = self._build_handoff("bag", transfer, key, content, made.quote)
            return self.ledger.issue_or_renew(lease, new, made.session)
        quote = self.quotes.create_quote(transfer, deadline)
        new = self._build_handoff("bag", transfer, key, content, quote)
        return self._check_and_issue_or_renew(new, quote, None, lease, deadline)

    def _transfer_quote(self, transfer: QuoteTransfer, lease: Lease, deadline: Deadline) -> Handoff:
        quote = self.quotes.require_quote(transfer, deadline)
        kind = "customer" if quote.customer else "guest"
        key = compute_digest([transfer.caller, kind, quote.number])
        if transfer.reference is not None:
            key = build_reference_key(transfer.caller, transfer.reference)
        customer_id = quote.customer.customer_id if quote.customer else None
        content = compute_digest(
            [kind, quote.number, customer_id, _list_quantities(quote.lines), quote.currency]
        )
        new = self._build_handoff(kind, transfer, key, content, quote)
        return self._check_and_issue_or_renew(new, quote, transfer.token, lease, deadline)

    def _build_handoff(
        self,
        kind: str,
        transfer: BagTransfer | QuoteTransfer,
        key: str,
        content: str,
        quote: Quote,
    ) -> NewHandoff:
        customer = quote.customer
        return NewHandoff(
            caller=transfer.caller,
            transfer_key=key,
            content_hash=content,
            reference=transfer.reference,
            kind=kind,
            store_code=self.quotes.require_store_view(quote).code,
            quote_number=quote.number,
            customer_id=customer.customer_id if customer else None,
            customer_group_id=customer.group_id if customer else None,
            customer_tax=customer.tax if customer else None,
            bag=Bag(quote.lines, quote.currency).as_json(),
        )

    def _check_and_issue_or_renew(
        self, new: NewHandoff, quote: Quote, token: str | None, lease: Lease, deadline: Deadline
    ) -> Handoff:
        if self.preflight is not None:
            visitor_id = self.preflight.check_and_find_visitor(new, quote, token, deadline)
            new = replace(new, visitor_id=visitor_id)
        return self.ledger.issue_or_renew(lease, new)


def _build_lease_key(transfer: BagTransfer | QuoteTransfer) -> str:
    """Return the key that equal transfers share before the number of the quote is known.

    It holds the token, so that nobody delays a customer's transfer by naming the quote's number.
    """
    if transfer.reference is None:
        # Masked id and token are credentials, so the ledger gets a digest of them.
        credentials = [transfer.quote_id.lower(), transfer.token]
        return compute_digest([transfer.caller, "quote", *credentials])
    return build_reference_key(transfer.caller, transfer.reference)


def _list_quantities(lines: Iterable[BagLine]) -> list[tuple[str, str]]:
    """Return skus and quantities in an order that does not depend on the app's."""
    return sorted(
        (normalize_sku(line.sku), format_quantity(line.quantity)) for line in merge_lines(lines)
    )
