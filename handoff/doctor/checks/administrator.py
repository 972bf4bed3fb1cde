"""Checks of the staff access: OAuth 1.0a, a bearer token or a login, and the right to orders."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from handoff.doctor.check_context import AdminAccessTrial, CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown, warning
from handoff.doctor.doctor_shop_client import read_message
from handoff.magento.orders import ORDERS_PER_PAGE
from handoff.magento.search_criteria import SearchFilter, build_search_criteria

_ALLOW_BEARER = "`bin/magento config:set oauth/consumer/enable_integration_as_bearer 1`"
_USE_OAUTH = (
    "HANDOFF_MAGENTO_CONSUMER_KEY, _CONSUMER_SECRET, _ACCESS_TOKEN and _ACCESS_TOKEN_SECRET, with "
    "which Handoff signs its calls by OAuth 1.0a"
)
_USE_INTEGRATION = (
    "Create an integration instead (System, Integrations), activate it, and set in place of the "
    f"login {_USE_OAUTH}."
)
_READ_ORDERS = build_search_criteria(
    SearchFilter("quote_id", "0"), page_size=ORDERS_PER_PAGE, fields="items[increment_id]"
)


def check_administrator(context: CheckContext) -> CheckResult:
    """Check whether the shop accepts the administrator of the settings."""
    admin = context.try_admin_access()
    if admin is None:
        return warning(
            "The settings name none. The app then does not learn of orders, used links never say "
            "that the order has been placed, many checks are impossible, and Poq needs one for "
            "products and categories.",
            f"Set {_USE_OAUTH}. Or set HANDOFF_MAGENTO_ADMIN_USERNAME and _PASSWORD.",
        )
    settings = context.settings
    if settings.magento_consumer_key:
        return _check_oauth(context, admin)
    if settings.magento_access_token:
        return _check_bearer(admin)
    return _check_login(admin)


def _check_oauth(context: CheckContext, admin: AdminAccessTrial) -> CheckResult:
    if admin.token is not None:
        also = "also accepts" if context.try_bearer_token() else "refuses"
        return ok(
            "The shop accepts calls signed by OAuth 1.0a. "
            f"It {also} the access token alone, as a bearer."
        )
    seen = f"The shop refuses calls signed by OAuth 1.0a ({admin.status}). {admin.message}".rstrip()
    if accepted := context.find_accepted_host():
        return fault(
            f"{seen} It accepts them for {accepted} without the port, so this is what PHP sees.",
            f"Set it in the env file: `HANDOFF_MAGENTO_HOST={accepted}`",
        )
    url, host = urlsplit(context.settings.magento_url), context.settings.magento_host
    return fault(
        seen,
        "Compare the four values with System, Integrations, and the clocks of both hosts. The "
        f"signature covers the address {url.scheme}://{host or url.netloc}. If PHP sees another "
        "host or port, set HANDOFF_MAGENTO_HOST to what it sees. The integration may also lack "
        "the right to Stores.",
    )


def _check_bearer(admin: AdminAccessTrial) -> CheckResult:
    if admin.token is not None:
        return ok("The shop accepts the access token as a bearer.")
    if admin.status == HTTPStatus.UNAUTHORIZED:
        return fault(
            "The shop refuses the access token (401). Since 2.4.4 Magento accepts an "
            "integration's token as a bearer only if that is switched on. The token may also be "
            "wrong, inactive, or without the right to Stores.",
            f"Set all four: {_USE_OAUTH}, which every shop takes. Or switch bearers on: "
            f"{_ALLOW_BEARER} and `bin/magento cache:flush`. In System, Integrations check that "
            "it is active and has the rights that the checks below ask for.",
        )
    return fault(f"The shop answers {admin.status} to the access token.", "Try again later.")


def _check_login(admin: AdminAccessTrial) -> CheckResult:
    if admin.token is not None:
        return ok("The shop accepts user name and password, and asks for no second factor.")
    if admin.is_second_factor_required:
        return fault(
            "The password is right, but the shop asks for a second factor (Magento_TwoFactorAuth).",
            _USE_INTEGRATION,
        )
    return fault(
        f"The shop refuses the login ({admin.status}): it is wrong, or locked after failures.",
        "See System, All Users and Locked Users: 6 failures lock a user for 30 minutes.",
    )


def check_order_access(context: CheckContext) -> CheckResult:
    """Read an order's number, the one right that the service itself needs."""
    token = context.provide_admin_token()
    if token is None:
        return unknown("This needs an administrator.")
    response = context.shop.call_rest(
        "GET", "orders", store=context.default_store, token=token, params=_READ_ORDERS
    )
    if response.status == 200:
        return ok("Granted: the app learns of orders, and used links can say that one is placed.")
    if response.status in (401, 403):
        return fault(
            f"Denied ({response.status}): the app does not learn of orders, links cannot say that "
            "the order has been placed, and nothing can be reconciled.",
            "Give the role Sales, Operations, Orders, Actions, View (Magento_Sales::actions_view).",
        )
    if response.status == 400 and "pageSize" in read_message(response):
        return fault(
            f"webapi/validation/maximum_page_size is below {ORDERS_PER_PAGE}: no order is found.",
            "Raise it: Stores, Configuration, Services, Magento Web API, Web API Input Limits.",
        )
    return unknown(f"The shop answers {response.status}.")
