"""A transfer from beginning to end: one quote, one handoff, however often it is asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from handoff.bag import BagLine, format_quantity, merge_lines, sku_key
from handoff.concurrency_limit import ConcurrencyLimit
from handoff.deadline import Deadline
from handoff.ledger import Handoff, HandoffRepository, Lease, LeaseLost, Leases, NewHandoff
from handoff.ledger.reference_keys import reference_key
from handoff.magento.quote_models import Quote
from handoff.problems import ShopTimeout
from handoff.transfer.checkout_preflight import CheckoutPreflight
from handoff.transfer.quote_resolver import QuoteResolver
from handoff.transfer.request_parser import BagTransfer, QuoteTransfer

# Seconds. With a quick shop one of twelve transfers ends within; with a slow one whoever waits
# takes a thread from shoppers with links.
_WAIT_FOR_SLOT = 0.1


class TransferService:
    """Turns a transfer into a handoff. Equal transfers, at once or later, share one."""

    def __init__(
        self,
        ledger: HandoffRepository,
        claims: Leases,
        desk: QuoteResolver,
        checkout: CheckoutPreflight | None,
        limit: ConcurrencyLimit,
        *,
        timeout: float,
    ) -> None:
        """`checkout` is None if the settings switch the preflight off.

        `limit` bounds the transfers that run at once, `timeout` is in seconds for each.
        """
        self._ledger = ledger
        self._claims = claims
        self._desk = desk
        self._checkout = checkout
        self._limit = limit
        self._timeout = timeout

    def transfer(self, request: BagTransfer | QuoteTransfer) -> Handoff:
        """Return the handoff for a request, or raise the Problem that says why there is none.

        One caller at a time works on a transfer, which is claimed before the shop is asked.
        """
        deadline = Deadline.within_request(self._timeout)
        with self._limit.slot(_WAIT_FOR_SLOT):
            return self._in_line(request, deadline)

    def _in_line(self, request: BagTransfer | QuoteTransfer, deadline: Deadline) -> Handoff:
        while True:
            with self._claims.hold(_claim_key(request), give_up=lambda: deadline.passed) as claim:
                if claim is None:
                    raise ShopTimeout("An equal transfer is still waiting for the shop.")
                try:
                    return self._claimed(request, claim, deadline)
                except LeaseLost:
                    if deadline.passed:
                        raise ShopTimeout from None

    def _claimed(
        self, request: BagTransfer | QuoteTransfer, claim: Lease, deadline: Deadline
    ) -> Handoff:
        if isinstance(request, QuoteTransfer):
            quote = self._desk.look(request, deadline)
            draft = self._quote_draft(request, quote)
            self._try_out(draft, quote, request.token, deadline)
            return self._ledger.issue(claim, draft)
        key, content = reference_key(request.reference), _bag_content(request)
        known = self._ledger.renew(claim, key=key, content=content)
        if known is not None:
            return known
        quote = self._desk.build(request, deadline)
        draft = self._draft("bag", request.reference, key, content, quote)
        self._try_out(draft, quote, None, deadline)
        return self._ledger.issue(claim, draft)

    def _try_out(
        self, draft: NewHandoff, quote: Quote, token: str | None, deadline: Deadline
    ) -> None:
        if self._checkout is not None:
            self._checkout.check(draft, quote, token, deadline)

    def _quote_draft(self, request: QuoteTransfer, quote: Quote) -> NewHandoff:
        kind = "customer" if quote.customer else "guest"
        key = f"{kind}:{quote.number}"
        if request.reference is not None:
            key = reference_key(request.reference)
        customer_id = quote.customer.customer_id if quote.customer else None
        content = _digest([kind, quote.number, customer_id, _sums(quote.lines), quote.currency])
        return self._draft(kind, request.reference, key, content, quote)

    def _draft(
        self, kind: str, reference: str | None, key: str, content: str, quote: Quote
    ) -> NewHandoff:
        customer = quote.customer
        return NewHandoff(
            transfer_key=key,
            content_hash=content,
            reference=reference,
            kind=kind,
            store_code=self._desk.store_of(quote).code,
            quote_number=quote.number,
            customer_id=customer.customer_id if customer else None,
            customer_group_id=customer.group_id if customer else None,
            bag={
                "currency": quote.currency,
                "lines": [
                    {"sku": line.sku, "quantity": format_quantity(line.quantity)}
                    for line in quote.lines
                ],
            },
        )


def _claim_key(request: BagTransfer | QuoteTransfer) -> str:
    """Name what only one caller at a time may work on, before the quote's number is known."""
    if request.reference is None:
        # A masked id is a credential, so the ledger sees a digest of it.
        return f"quote:{_digest(request.quote_id.lower())}"
    return reference_key(request.reference)


def _bag_content(request: BagTransfer) -> str:
    bag, store = request.bag, request.store.code
    return _digest(["bag", store, None, _sums(bag.lines), bag.currency])


def _sums(lines: Iterable[BagLine]) -> list[tuple[str, str]]:
    """Return skus and quantities in an order that does not depend on the app's."""
    return sorted(
        (sku_key(line.sku), format_quantity(line.quantity)) for line in merge_lines(lines)
    )


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
