"""Checks of the shop's configuration: guest checkout, minimum amount, lifetimes."""

from __future__ import annotations

import base64
import json

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown, warning

_MIN_TOKEN_SECONDS = 600
_MIN_QUOTE_DAYS = 2


def check_guest_checkout(context: CheckContext) -> CheckResult:
    """Check whether guests may check out, from the configuration or from the trial."""
    store = context.default_store
    is_allowed = context.read_store_config(store).get("is_guest_checkout_enabled")
    if is_allowed is False:
        return fault(
            "It is switched off: only customers who are logged in can check out.",
            "Allow it in Magento: Stores, Configuration, Sales, Checkout, Allow Guest Checkout.",
        )
    if is_allowed or context.try_checkout(store).has_reached_checkout:
        return ok("Allowed.")
    return unknown("Neither GraphQL nor the trial of checkout shows whether it is allowed.")


def check_minimum_order_amount(context: CheckContext) -> CheckResult:
    """Check whether a minimum order amount made checkout refuse the trial."""
    trial = context.try_checkout(context.default_store)
    if trial.has_reached_checkout:
        return ok(f"One {trial.cart.sku} is not below a minimum.")
    return unknown(
        "No API gives it, and the test bag did not get into checkout.",
        "See Stores, Configuration, Sales, Minimum Order Amount.",
    )


def check_token_lifetime(context: CheckContext) -> CheckResult:
    """Check that a customer's token outlives a shopping trip."""
    seconds = _read_token_lifetime(context.provide_customer_token() or "")
    hours = context.read_store_config(context.default_store).get("customer_access_token_lifetime")
    if seconds is None and isinstance(hours, int | float):
        seconds = int(hours * 3600)
    if seconds is None:
        return unknown("Its lifetime is known after a login: use --customer-email.")
    if seconds < _MIN_TOKEN_SECONDS:
        return warning(
            f"It lives for {seconds} seconds: shoppers are logged out while they shop.",
            "Raise the Customer Token Lifetime (Stores, Configuration, Services, OAuth).",
        )
    return ok(f"It lives for {_format_duration(seconds)}; the app renews it after that.")


def check_quote_lifetime(context: CheckContext) -> CheckResult:
    """Check that quotes live longer than shoppers leave a bag in the app."""
    days = context.read_store_config(context.default_store).get("cart_expires_in_days")
    if not isinstance(days, int):
        return unknown(
            "The shop does not say how long a quote lives.",
            "See Stores, Configuration, Sales, Checkout, Quote Lifetime.",
        )
    if days < _MIN_QUOTE_DAYS:
        return warning(
            f"It lives for {days} days: bags in the app are soon empty.",
            "Stores, Configuration, Sales, Checkout, Quote Lifetime (days).",
        )
    return ok(f"It lives for {days} days after its last change, for guests and customers.")


def _read_token_lifetime(token: str) -> int | None:
    """Return the lifetime of a token in seconds, None if it is not a JWT with a lifetime."""
    try:
        claims = token.split(".")[1]
        values = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return int(values["exp"]) - int(values["iat"])
    except (IndexError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _format_duration(seconds: int) -> str:
    if seconds % 3600 == 0:
        hours = seconds // 3600
        return "an hour" if hours == 1 else f"{hours} hours"
    return f"{seconds // 60} minutes"
