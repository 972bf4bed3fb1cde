"""Check: does the shop accept a web session that we write for a signed-in customer?"""

from __future__ import annotations

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown
from handoff.doctor.customer_session_trial import CustomerSessionOutcome


def check_customer_session(context: CheckContext) -> CheckResult:
    """Try a session of the customer in the default store view."""
    store = context.default_store
    match context.try_customer_session(store):
        case None:
            return unknown("No customer has logged in.", "Name a test customer: --customer-email.")
        case CustomerSessionOutcome.ACCEPTED:
            return ok("The shop accepts the session that we write for the customer.")
        case CustomerSessionOutcome.WRONG_ACCOUNT_SHARING:
            is_global = context.settings.customer_accounts == "global"
            return fault(
                "The settings are wrong about whether websites share customer accounts: customers "
                "get an empty cart.",
                f"Set HANDOFF_CUSTOMER_ACCOUNTS={'website' if is_global else 'global'}",
            )
        case CustomerSessionOutcome.NOT_ACCEPTED:
            return fault(
                "The shop does not accept the session that we write for the customer: customers "
                "get an empty cart.",
                f"Check website_code of {store.code} in HANDOFF_STORES, and whether the customer "
                "belongs to that website.",
            )
        case CustomerSessionOutcome.NOT_WRITTEN:
            return unknown(
                "No session could be written to the session store.",
                "See the check Session store.",
            )
