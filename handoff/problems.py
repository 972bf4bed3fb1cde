"""The problems that a caller of the transfer endpoint can get, one class each.

    Problem
    ├── 400  MalformedRequest
    ├── 401  KeyRejected · CustomerTokenRejected
    ├── 404  NotFound · QuoteNotFound
    ├── 405  MethodNotAllowed     413  RequestTooLarge     415  UnsupportedMediaType
    ├── 409  QuoteEmpty · QuoteOrdered · NotWithThisStore
    │        GuestCheckoutOff · MinimumNotReached · AccountIncomplete · CheckoutOff
    │        CheckoutRefused
    ├── 422  RequestInvalid · StoreNotServed · TooManyLines · LinesRefused · QuoteDiffers
    ├── 429  TooManyRequests
    ├── 500  InternalError
    ├── 503  ShopUnavailable · CheckoutUnavailable · SessionUnreadable
    │        LedgerUnavailable · RecordUnreadable · Busy · Paused
    └── 504  ShopTimeout

The response is `application/problem+json` (RFC 9457). The texts are safe to show: they hold no
internals of the shop and no credential. The pages for a web view are in
`handoff.entry.result_pages`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

PAUSE_RETRY_AFTER = 120
"""Seconds after which a caller may try again while the service is paused."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault in a request: a code, a text, and a JSON pointer or a sku."""

    code: str
    detail: str
    pointer: str | None = None
    sku: str | None = None

    def as_json(self) -> dict[str, str]:
        """Return the entry of `errors[]`, without the fields that are None."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class Problem(Exception):
    """An error with a status, a stable code, and texts that are safe to show.

    `title` says what is wrong. `explanation` adds why, and what the caller can do. A problem that
    knows more than its class has a `detail` of its own in its place.
    """

    code: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]
    explanation: ClassVar[str] = ""
    default_retry_after: ClassVar[int | None] = None  # seconds

    def __init__(
        self,
        detail: str | None = None,
        *,
        faults: tuple[Fault, ...] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(self.code)
        self.detail = detail or f"{self.title} {self.explanation}".rstrip()
        self.faults = faults
        self.retry_after = retry_after or self.default_retry_after

    def as_json(self) -> dict[str, Any]:
        """Return the body of the answer, with the members of RFC 9457."""
        body: dict[str, Any] = {
            "type": f"urn:problem-type:handoff:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if self.faults:
            body["errors"] = [fault.as_json() for fault in self.faults]
        return body


class MalformedRequest(Problem):
    """The body is not UTF-8, not JSON, ambiguous, or nested too deep."""

    code = "malformed_request"
    status = 400
    title = "The body cannot be read."
    explanation = (
        "It has to be one JSON object in UTF-8, not nested too deep, that names no field twice."
    )


class KeyRejected(Problem):
    """The caller sent no key, or one that is not in the settings."""

    code = "key_rejected"
    status = 401
    title = "The caller's key is missing or wrong."
    explanation = "Send a key of HANDOFF_API_KEYS in the header Authorization."


class CustomerTokenRejected(Problem):
    """The shop rejects the customer token: it has expired, was revoked, or is not a customer's."""

    code = "customer_token_rejected"
    status = 401
    title = "The shop does not accept the customer token."
    explanation = (
        "It has expired, was revoked, or is not a customer's. Renew it and transfer again."
    )


class NotFound(Problem):
    """There is nothing at this address."""

    code = "not_found"
    status = 404
    title = "There is nothing at this address."
    explanation = "Transfers go to /api/cart-transfer below the address of the service."


class QuoteNotFound(Problem):
    """The quote does not exist, belongs to somebody else, or is closed without an order.

    The answer is the same for the first two.
    """

    code = "quote_not_found"
    status = 404
    title = "The shop has no such quote for this shopper."
    explanation = (
        "It does not exist, belongs to somebody else, or its id has another form. A guest's "
        "quote goes by its masked id, a customer's by its number with the token."
    )


class MethodNotAllowed(Problem):
    """The URL does not allow this method."""

    code = "method_not_allowed"
    status = 405
    title = "This address takes another method."
    explanation = "The header Allow names the methods. A transfer is a POST."


class RequestTooLarge(Problem):
    """The body is over 64 KiB."""

    code = "request_too_large"
    status = 413
    title = "The body is larger than 64 KiB."
    explanation = "Send fewer lines, or transfer a quote of the shop."


class UnsupportedMediaType(Problem):
    """The body is not declared as JSON."""

    code = "unsupported_media_type"
    status = 415
    title = "The body has to be application/json."
    explanation = "Send the header Content-Type: application/json."


class QuoteEmpty(Problem):
    """The quote holds no items."""

    code = "quote_empty"
    status = 409
    title = "The quote holds no items."
    explanation = "Let the shopper add something, and transfer again."


class QuoteOrdered(Problem):
    """The quote, whose number may be known, has become an order."""

    code = "quote_ordered"
    status = 409
    title = "The quote is closed."
    explanation = "It has been ordered already. Empty the bag in the app, and start a new one."

    def __init__(self, quote_number: int | None = None) -> None:
        super().__init__()
        self.quote_number = quote_number


class NotWithThisStore(Problem):
    """The service makes storefront sessions, which is possible for bags only."""

    code = "not_with_this_store"
    status = 409
    title = "This shop takes only bags, not quotes and not customers."
    explanation = (
        "The service cannot reach the shop's session store. Transfer the skus and quantities of "
        "the bag instead; the shopper can sign in at checkout."
    )


class GuestCheckoutOff(Problem):
    """The shop lets only customers buy, or lets only customers buy the items of this bag."""

    code = "guest_checkout_off"
    status = 409
    title = "The shop does not sell this to guests."
    explanation = "Let the shopper sign in, and transfer the customer's quote."


class MinimumNotReached(Problem):
    """The quote is below the shop's minimum order amount."""

    code = "minimum_not_reached"
    status = 409
    title = "The bag is below the shop's minimum order amount."
    explanation = "Let the shopper add something, and transfer again."


class AccountIncomplete(Problem):
    """Checkout sends the customer to the page on which they correct their account."""

    code = "account_incomplete"
    status = 409
    title = "The shop asks this customer to complete their account's details before checkout."
    explanation = (
        "Its checkout sends them to the page of these details. Let them sign in on the website, "
        "correct what it names, and transfer again."
    )


class CheckoutOff(Problem):
    """The shop's checkout is switched off."""

    code = "checkout_off"
    status = 409
    title = "The shop has switched its checkout off."
    explanation = "Only the shop can change that: Stores, Configuration, Sales, Checkout."


class CheckoutRefused(Problem):
    """Checkout sends the shopper back to the cart page and does not say why."""

    code = "checkout_refused"
    status = 409
    title = "The shop's checkout does not accept this quote."
    explanation = (
        "It sends the shopper to the cart page and does not say why. Show the shopper the bag "
        "again."
    )


class RequestInvalid(Problem):
    """Fields are missing or wrong; each one is named."""

    code = "request_invalid"
    status = 422
    title = "Fields are missing or wrong."
    explanation = (
        "The list `errors` has an entry for each, with a pointer to the field and the rule "
        "that it breaks."
    )


class StoreNotServed(Problem):
    """The settings do not list the quote's store view, or contradict the shop about it."""

    code = "store_not_served"
    status = 422
    title = "The quote belongs to a store view that is not in HANDOFF_STORES."
    explanation = (
        "The shop's engineer has to add it: the number of the store view is in the shop's "
        "admin under Stores, All Stores."
    )


class TooManyLines(Problem):
    """The bag has more lines than can be added within the time of a transfer, a call for each."""

    code = "too_many_lines"
    status = 422
    title = "The bag has too many lines."
    explanation = (
        "Each line costs a call of the shop. Let the shopper check out in parts, or let the "
        "service's engineer raise HANDOFF_MAGENTO_TIMEOUT."
    )


class LinesRefused(Problem):
    """The shop does not add these lines to a cart; each one is named."""

    code = "lines_refused"
    status = 422
    title = "The shop refuses lines of the bag."
    explanation = (
        "The list `errors` has an entry for each, with its sku and the reason. Correct the "
        "bag, and transfer again."
    )


class QuoteDiffers(Problem):
    """The quote does not hold exactly the items of the request, in its currency."""

    code = "quote_differs"
    status = 422
    title = "The quote is not equal to the bag."
    explanation = (
        "The list `errors` has an entry for each difference. Load the quote from the shop "
        "again, and transfer what it holds."
    )


class TooManyRequests(Problem):
    """The caller is over a rate limit."""

    code = "too_many_requests"
    status = 429
    title = "Too many requests within a minute."
    explanation = "Wait for the seconds of the header Retry-After, and send the same request again."


class InternalError(Problem):
    """An unexpected error in this service."""

    code = "internal_error"
    status = 500
    title = "Something went wrong in this service."
    explanation = (
        "Nothing was transferred. The service's log has the error. The same request may be "
        "sent again."
    )


class ShopUnavailable(Problem):
    """The shop is down, in maintenance, or does not answer like Magento."""

    code = "shop_unavailable"
    status = 503
    title = "The shop cannot be reached or does not answer as a Magento does."
    explanation = (
        "It may be down or in maintenance, or HANDOFF_MAGENTO_URL is wrong. Trying again is safe."
    )
    default_retry_after = 10


class CheckoutUnavailable(Problem):
    """The shop shows an error page instead of its checkout, as during maintenance."""

    code = "checkout_unavailable"
    status = 503
    title = "The shop shows an error page instead of its checkout."
    explanation = "That may be maintenance, or a fault of the shop. Try again later."
    default_retry_after = 10


class SessionUnreadable(Problem):
    """Every page of the shop fails with a session that Handoff wrote, and works without it."""

    code = "session_unreadable"
    status = 503
    title = "The shop cannot read the web sessions that Handoff writes for its checkout."
    explanation = (
        "Its pages fail with such a session and work without it. The shop's PHP probably has "
        "another session.serialize_handler than Handoff writes for: see handoff doctor."
    )
    default_retry_after = 60


class LedgerUnavailable(Problem):
    """The ledger cannot be read or written. `reason` is for the operator and not in the answer."""

    code = "ledger_unavailable"
    status = 503
    title = "The service cannot reach its ledger."
    explanation = "The database is down, or the disk is full. Trying again is safe."
    default_retry_after = 5

    def __init__(self, reason: str = "unknown") -> None:
        super().__init__()
        self.reason = reason


class RecordUnreadable(LedgerUnavailable):
    """A row of the ledger holds values that it cannot have.

    `key` finds the row. It is of any type, most often the id of a handoff. `columns` are those
    that are wrong.
    """

    code = "record_unreadable"
    title = "The service cannot read what it has stored about this transfer."
    explanation = "The service's log names the record. A new transfer replaces it."

    def __init__(self, key: Any = "", columns: tuple[str, ...] = ()) -> None:
        super().__init__(f"{', '.join(columns)} cannot be read")
        self.key = key
        self.columns = columns

    @property
    def record(self) -> str:
        """The key as a short text for a log or a terminal."""
        return ascii(self.key).strip("'")[:40]


class Busy(Problem):
    """The number of requests that wait for the shop has reached the worker's concurrency limit."""

    code = "busy"
    status = 503
    title = "Too many transfers are waiting for the shop."
    explanation = "The shop is slow, or more transfers come than it can take. Trying again is safe."
    default_retry_after = 2


class Paused(Problem):
    """The operator has paused the service with HANDOFF_PAUSED."""

    code = "paused"
    status = 503
    title = "The service is paused while the shop is being worked on."
    explanation = "Nothing is lost. Send the same request again when the shop is back."
    default_retry_after = PAUSE_RETRY_AFTER


class ShopTimeout(Problem):
    """The shop did not answer within HANDOFF_MAGENTO_TIMEOUT."""

    code = "shop_timeout"
    status = 504
    title = "The shop took too long to answer."
    explanation = "HANDOFF_MAGENTO_TIMEOUT is the limit. Trying again is safe."
    default_retry_after = 2
