"""The models of the ledger: a handoff, the state of its link, and the outcome of its order.

Times are whole milliseconds since 1970, UTC. The state of a link says who may still use it:

    LIVE ──▶ USED ──▶ (the same web view may come back within the reopen grace)
      └────▶ EXPIRED                                  a newer handoff makes any of them SUPERSEDED
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from handoff.ledger.row_parser import (
    BagValue,
    DifferenceValue,
    OrderValue,
    TextValue,
    TimeValue,
    WholeNumber,
)

_UUID = re.compile(r"[0-9a-f]{8}(-?)[0-9a-f]{4}(?:\1[0-9a-f]{4}){2}\1[0-9a-f]{12}", re.IGNORECASE)


class LinkState(Enum):
    """Whether a new web view can use a link, and if not, why."""

    LIVE = "live"
    EXPIRED = "expired"
    USED = "used"
    SUPERSEDED = "superseded"


class OrderOutcome(Enum):
    """The result of a handoff, set when reconciliation resolves it."""

    MATCHED = "matched"
    DIFFERS = "differs"
    NOT_ORDERED = "not_ordered"
    NEVER_OPENED = "never_opened"
    UNRECONCILED = "unreconciled"  # purged before it was reconciled


_Kind = Annotated[TextValue, Field(pattern="^(bag|guest|customer)$")]
_Outcome = Annotated[TextValue, AfterValidator(lambda value: OrderOutcome(value).value)]


@dataclass(frozen=True, slots=True)
class NewHandoff:
    """A handoff that is not stored yet.

    `caller` is the name of its API key, None after direct entry. Equal transfers have the same
    `transfer_key`, and the same `content_hash` if they have the same content. `visitor_id` is the
    visitor that the shop stored for the customer at the checkout preflight. `customer_tax` is as
    in a `QuoteCustomer`.
    """

    transfer_key: TextValue
    content_hash: TextValue
    reference: TextValue | None
    kind: _Kind
    store_code: TextValue
    quote_number: WholeNumber
    customer_id: WholeNumber | None
    customer_group_id: WholeNumber | None
    bag: BagValue
    caller: TextValue | None = None
    visitor_id: WholeNumber | None = None
    customer_tax: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff(NewHandoff):
    """A handoff as the ledger held it at `read_at`.

    `orders` are those of its quote, cancelled ones too, as
    `{"id", "number", "state", "replaced_by", "is_cancelled", "placed_at"}`; the entry pages looked
    them up last at `orders_looked_up_at`. `resolved_at` is set once there is an outcome.
    Reconciliation asks the shop about the handoff at `next_check_at`, also after that, because the
    shop can cancel an order and open its quote again; None means never again. `order_comment` is
    "due" or "done".
    `completed_order` is the number of the order that the page named `completed_page` tells the app
    about. `anonymised_at` is the time at which purging removed all but the reference and the order.
    `expiry_event` is "due" until the webhooks' outbox has the event of a link that nobody used.
    `shown_page` is the code of the result page that was shown last, at `page_shown_at`.
    """

    id: TextValue
    issued_at: TimeValue
    expires_at: TimeValue
    superseded_at: TimeValue | None = None
    used_at: TimeValue | None = None
    session_written_at: TimeValue | None = None
    reopen_count: WholeNumber = 0
    reopened_at: TimeValue | None = None
    web_view_hash: TextValue | None = None
    outcome: _Outcome | None = None
    orders: list[OrderValue] | None = None
    differences: list[DifferenceValue] | None = None
    orders_looked_up_at: TimeValue | None = None
    next_check_at: TimeValue | None = 0
    resolved_at: TimeValue | None = None
    order_comment: TextValue | None = None
    completed_order: TextValue | None = None
    completed_page: TextValue | None = None
    anonymised_at: TimeValue | None = None
    expiry_event: TextValue | None = None
    shown_page: TextValue | None = None
    page_shown_at: TimeValue | None = None
    read_at: TimeValue = field(compare=False)

    @property
    def item_count(self) -> int:
        """The number of items in the bag, all lines together."""
        return int(sum(float(line["quantity"]) for line in self.bag["lines"]))

    @property
    def state(self) -> LinkState:
        """The state of the link at `read_at`."""
        if self.superseded_at is not None:
            return LinkState.SUPERSEDED
        if self.session_written_at is None and self.expires_at <= self.read_at:
            return LinkState.EXPIRED  # used or not: no web view has reached checkout
        return LinkState.LIVE if self.used_at is None else LinkState.USED

    @property
    def valid_orders(self) -> list[dict[str, Any]]:
        """The known orders that are not cancelled."""
        return list_uncancelled_orders(self.orders)

    @property
    def cancelled_orders(self) -> list[dict[str, Any]]:
        """The known orders that are cancelled."""
        return [order for order in self.orders or () if order.get("is_cancelled")]

    @property
    def is_link_used(self) -> bool:
        """Whether a web view has used the link; a GET alone does not."""
        return self.used_at is not None

    @property
    def opening_times(self) -> tuple[int, int, int]:
        """The sort key that puts the handoff whose session was written last at the end."""
        return (self.session_written_at or 0, self.used_at or 0, self.issued_at)


@dataclass(frozen=True, slots=True)
class IssuePeriod:
    """The time from `since` up to, but not including, `until`, in milliseconds since 1970."""

    since: int
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFinding:
    """The result of comparing a handoff with the shop's orders, and the time to check again.

    Without an outcome, the handoff is unresolved. `next_check_at` is None if no check is left.
    """

    handoff: Handoff
    outcome: OrderOutcome | None = None
    orders: list[dict[str, Any]] | None = None
    differences: list[dict[str, Any]] | None = None
    next_check_at: int | None = None


def list_uncancelled_orders(orders: Sequence[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """Return the orders that are not cancelled."""
    return [order for order in orders or () if not order.get("is_cancelled")]


def generate_handoff_id() -> str:
    """Return 128 random bits as 22 characters that may stand in a URL."""
    return secrets.token_urlsafe(16)


def is_uuid(reference: str) -> bool:
    """Return whether a reference is a UUID, with or without its hyphens."""
    return _UUID.fullmatch(reference) is not None


def normalize_reference(reference: str) -> str:
    """Return a UUID as its 32 lower-case digits, and any other reference as it is."""
    return simplify_reference(reference) if is_uuid(reference) else reference


def simplify_reference(reference: str) -> str:
    """Return a reference without hyphens and in lower case, for a search by people."""
    return reference.replace("-", "").lower()


def build_reference_key(caller: str | None, reference: str) -> str:
    """Return the transfer key of all handoffs of a caller with a reference: 64 characters."""
    return compute_digest([caller, "reference", normalize_reference(reference)])


def compute_digest(value: Any) -> str:
    """Return the SHA-256 of a value that JSON can hold, as 64 characters."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
