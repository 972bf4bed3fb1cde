"""What guests may do, and how long tokens and quotes live."""

from __future__ import annotations

from collections.abc import Iterator

from handoff.doctor.case import Case
from handoff.doctor.finding import Finding, fault, ok, unknown, warning
from handoff.doctor.people import lifetime
from handoff.doctor.trial import Outcome

_SHORTEST_TOKEN = 600  # seconds
_SHORTEST_QUOTE = 2  # days


def guests_may_buy(case: Case) -> Iterator[Finding]:
    """Say whether guest checkout is allowed, and whether a minimum stood in the way."""
    allowed = case.config(case.store).get("is_guest_checkout_enabled")
    trial = case.trial(case.store)
    if allowed is False:
        yield fault(
            "Guest checkout",
            "It is switched off: only customers who are logged in come into checkout.",
            "Allow it in Magento: Stores, Configuration, Sales, Checkout, Allow Guest Checkout.",
        )
    elif trial.outcome is Outcome.IN_CHECKOUT or allowed:
        yield ok("Guest checkout", "Allowed.")
    else:
        yield unknown("Guest checkout", "Neither GraphQL nor a try tells it.")
    if trial.outcome is Outcome.IN_CHECKOUT:
        yield ok("Minimum amount", f"None stood in the way of one {trial.sku}.")
    else:
        yield unknown(
            "Minimum amount",
            "The API does not tell it, and the test bag did not come into checkout.",
            "See Stores, Configuration, Sales, Minimum Order Amount.",
        )


def lifetimes_are_long_enough(case: Case) -> Iterator[Finding]:
    """Say how long a customer's token and a guest's quote live."""
    yield _token(case)
    yield _quote(case)


def _token(case: Case) -> Finding:
    name = "Customer's token"
    customer = case.customer()
    seconds = lifetime(customer.token) if customer else None
    hours = case.config(case.store).get("customer_access_token_lifetime")
    if seconds is None and isinstance(hours, int | float):
        seconds = int(hours * 3600)
    if seconds is None:
        return unknown(name, "How long it lives is told by a login: --customer-email.")
    if seconds < _SHORTEST_TOKEN:
        return warning(
            name,
            f"It lives for {seconds} seconds: shoppers are logged out while they shop.",
            "Stores, Configuration, Services, OAuth, Access Token Expiration, Customer Token "
            "Lifetime.",
        )
    return ok(name, f"It lives for {_span(seconds)}; the app renews it after that.")


def _quote(case: Case) -> Finding:
    name = "Quote"
    days = case.config(case.store).get("cart_expires_in_days")
    if not isinstance(days, int):
        return unknown(
            name,
            "The shop does not tell how long a quote lives.",
            "See Stores, Configuration, Sales, Checkout, Quote Lifetime.",
        )
    if days < _SHORTEST_QUOTE:
        return warning(
            name,
            f"It lives for {days} days: bags in the app are soon empty.",
            "Stores, Configuration, Sales, Checkout, Quote Lifetime (days).",
        )
    return ok(name, f"It lives for {days} days after its last change, a guest's as a customer's.")


def _span(seconds: int) -> str:
    if seconds % 3600 == 0:
        hours = seconds // 3600
        return "an hour" if hours == 1 else f"{hours} hours"
    return f"{seconds // 60} minutes"
