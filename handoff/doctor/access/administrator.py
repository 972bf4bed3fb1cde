"""The administrator's access: by a login or an access token, and the rights that it brings."""

from __future__ import annotations

from collections.abc import Iterator

from handoff.doctor.case import Case
from handoff.doctor.finding import Finding, fault, ok, unknown, warning
from handoff.doctor.people import Admin

_NAME = "Administrator"
_INTEGRATION = (
    "Make an integration instead (System, Integrations), activate it, allow its token as a bearer "
    "(bin/magento config:set oauth/consumer/enable_integration_as_bearer 1), and set "
    "HANDOFF_MAGENTO_ACCESS_TOKEN in place of the login."
)


def administrator_gets_in(case: Case) -> Iterator[Finding]:
    """Say whether there is a token, and where there is none what stands in the way."""
    admin = case.admin()
    if not admin.way:
        yield warning(
            _NAME,
            "The settings name none. Used links then never say that the order has been placed, and "
            "much of what follows cannot be looked at. Poq needs one for products and categories.",
            "Set HANDOFF_MAGENTO_ACCESS_TOKEN, or HANDOFF_MAGENTO_ADMIN_USERNAME and _PASSWORD.",
        )
    elif admin.token is None:
        yield _refused(admin)
    elif admin.way == "token":
        yield ok(_NAME, "The access token is taken.")
    else:
        yield ok(_NAME, "User name and password are taken, and no second factor is asked for.")


def _refused(admin: Admin) -> Finding:
    status = admin.reply.status if admin.reply is not None else 0
    if admin.stopped_by_two_factors:
        return fault(
            _NAME,
            "The password is right, and a second factor is asked for (Magento_TwoFactorAuth): no "
            "program can log in by it.",
            _INTEGRATION,
        )
    if admin.way == "login":
        return fault(
            _NAME,
            f"The login is not taken ({status}): wrong, or locked after failures.",
            "Look at the user in System, All Users, and in Locked Users. Magento locks for 30 "
            "minutes after 6 failures.",
        )
    if status == 401:
        return fault(
            _NAME,
            "The access token is not taken (401). Since 2.4.4 Magento takes no integration's token "
            "as a bearer unless told to, and the token may also be wrong, inactive, or without the "
            "right to Stores.",
            "bin/magento config:set oauth/consumer/enable_integration_as_bearer 1, then "
            "cache:flush. In System, Integrations see that it is active, and give it the rights "
            "that are listed under Rights.",
        )
    return fault(_NAME, f"The shop answers {status} to the access token.", "Look again later.")


# What is asked with the administrator's token, for what, and how Magento calls the right to it.
_ORDERS = {"searchCriteria[pageSize]": "1", "fields": "items[increment_id]"}


def rights_are_enough(case: Case) -> Iterator[Finding]:
    """Read an order's number, which is what the service itself needs a right to."""
    token = case.admin().token
    if token is None:
        yield unknown("Right to read orders", "Without an administrator nothing can be asked.")
        return
    reply = case.shop.rest("GET", "orders", store=case.store, token=token, params=_ORDERS)
    if reply.status == 200:
        yield ok("Right to read orders", "Granted: 'Your order has been placed' can be told.")
    elif reply.status in (401, 403):
        yield fault(
            "Right to read orders",
            f"Denied ({reply.status}): used links never say that the order has been placed, and "
            "nothing can be reconciled.",
            "Give the role Sales, Operations, Orders, Actions, View (Magento_Sales::actions_view).",
        )
    else:
        yield unknown("Right to read orders", f"The shop answers {reply.status}.")
