"""Checks of the administrator's access: the login or access token, and the right to read orders."""

from __future__ import annotations

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown, warning
from handoff.doctor.doctor_shop_client import read_message
from handoff.magento.admin_access import AdminLoginReply
from handoff.magento.orders import ORDERS_PER_PAGE
from handoff.magento.search_criteria import SearchFilter, build_search_criteria

_ALLOW_BEARER = "`bin/magento config:set oauth/consumer/enable_integration_as_bearer 1`"
_USE_INTEGRATION = (
    "Create an integration instead (System, Integrations), activate it, and set "
    "HANDOFF_MAGENTO_ACCESS_TOKEN in place of the login. Allow its token as a bearer: "
    f"{_ALLOW_BEARER}"
)
_READ_ORDERS = build_search_criteria(
    SearchFilter("quote_id", "0"), page_size=ORDERS_PER_PAGE, fields="items[increment_id]"
)


def check_administrator(context: CheckContext) -> CheckResult:
    """Check whether the shop accepts the administrator of the settings."""
    reply = context.log_in_admin()
    if reply is None:
        return warning(
            "The settings name none. Used links then never say that the order has been placed, "
            "many checks are impossible, and Poq needs one for products and categories.",
            "Set HANDOFF_MAGENTO_ACCESS_TOKEN, or HANDOFF_MAGENTO_ADMIN_USERNAME and _PASSWORD.",
        )
    if reply.token is None:
        return _explain_refusal(reply, is_login=not context.settings.magento_access_token)
    if context.settings.magento_access_token:
        return ok("The shop accepts the access token.")
    return ok("The shop accepts user name and password, and asks for no second factor.")


def _explain_refusal(reply: AdminLoginReply, *, is_login: bool) -> CheckResult:
    status = reply.answer.status
    if reply.needs_second_factor:
        return fault(
            "The password is right, but the shop asks for a second factor (Magento_TwoFactorAuth).",
            _USE_INTEGRATION,
        )
    if is_login:
        return fault(
            f"The shop refuses the login ({status}): it is wrong, or locked after failures.",
            "See System, All Users and Locked Users: 6 failures lock a user for 30 minutes.",
        )
    if status == 401:
        return fault(
            "The shop refuses the access token (401). Since 2.4.4 Magento accepts an "
            "integration's token as a bearer only if that is switched on. The token may also be "
            "wrong, inactive, or without the right to Stores.",
            f"Switch it on: {_ALLOW_BEARER} and `bin/magento cache:flush`. In System, Integrations "
            "check that it is active and has the rights that the checks below ask for.",
        )
    return fault(f"The shop answers {status} to the access token.", "Try again later.")


def check_order_access(context: CheckContext) -> CheckResult:
    """Read an order's number, the one right that the service itself needs."""
    token = context.get_admin_token()
    if token is None:
        return unknown("This needs an administrator.")
    response = context.shop.rest(
        "GET", "orders", store=context.default_store, token=token, params=_READ_ORDERS
    )
    if response.status == 200:
        return ok("Granted: used links can say 'Your order has been placed'.")
    if response.status in (401, 403):
        return fault(
            f"Denied ({response.status}): links cannot say that the order has been placed, and "
            "nothing can be reconciled.",
            "Give the role Sales, Operations, Orders, Actions, View (Magento_Sales::actions_view).",
        )
    if response.status == 400 and "pageSize" in read_message(response):
        return fault(
            f"webapi/validation/maximum_page_size is below {ORDERS_PER_PAGE}: no order is found.",
            "Raise it: Stores, Configuration, Services, Magento Web API, Web API Input Limits.",
        )
    return unknown(f"The shop answers {response.status}.")
