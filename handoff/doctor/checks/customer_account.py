"""Checks of a test customer: the login, and the details that the app shows."""

from __future__ import annotations

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown
from handoff.doctor.shop_client import read_json

_DETAILS = ("id", "email", "firstname", "lastname")


def check_customer_login(context: CheckContext) -> CheckResult:
    """Log in the customer of the command's options."""
    login = context.log_in_customer()
    if login is None:
        return unknown("No customer was named.", "Name a test customer with --customer-email.")
    if login.token is None:
        return fault(
            f"The shop refuses e-mail and password ({login.status}).",
            "Try them on the shop's own login page. If the shop asks for a captcha, switch that "
            "off for the API.",
        )
    return ok("The shop gives a token for e-mail and password.")


def check_customer_details(context: CheckContext) -> CheckResult:
    """Read the customer's own details, and check that none is missing."""
    token = context.get_customer_token()
    if token is None:
        return unknown("This needs a customer's login.", "Use --customer-email.")
    response = context.shop.rest("GET", "customers/me", store=context.default_store, token=token)
    data = read_json(response)
    details = data if isinstance(data, dict) else {}
    missing = [name for name in _DETAILS if not details.get(name)]
    if response.status != 200 or missing:
        return fault(
            f"The customer's details lack {', '.join(missing)} (status {response.status}).",
            "Complete them at the customer, or find out what changes the response of customers/me.",
        )
    return ok("Number, e-mail and name are there.")
