"""Checks of the shop's rules for checkout: are guests allowed, and is there a minimum amount?"""

from __future__ import annotations

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown
from handoff.doctor.checkout_trial import CheckoutTrialOutcome


def check_guest_checkout(context: CheckContext) -> CheckResult:
    """Check whether guests may check out, by the configuration or by the trial."""
    store = context.default_store
    is_allowed = context.read_store_config(store).get("is_guest_checkout_enabled")
    if is_allowed is False:
        return fault(
            "It is switched off: only customers who are logged in can check out.",
            "Allow it in Magento: Stores, Configuration, Sales, Checkout, Allow Guest Checkout.",
        )
    if is_allowed or context.try_checkout(store).outcome is CheckoutTrialOutcome.BAG_IN_CHECKOUT:
        return ok("Allowed.")
    return unknown("Neither GraphQL nor the trial of checkout shows whether it is allowed.")


def check_minimum_amount(context: CheckContext) -> CheckResult:
    """Check whether a minimum order amount has kept the trial out of checkout."""
    trial = context.try_checkout(context.default_store)
    if trial.outcome is CheckoutTrialOutcome.BAG_IN_CHECKOUT:
        return ok(f"One {trial.cart.sku} is not below a minimum.")
    return unknown(
        "No API gives it, and the test bag did not get into checkout.",
        "See Stores, Configuration, Sales, Minimum Order Amount.",
    )
