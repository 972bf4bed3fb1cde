from __future__ import annotations

from flask import Blueprint, Response, g

from handoff_sandbox.errors import Unauthorized
from handoff_sandbox.rest.access import ANYONE, SELF
from handoff_sandbox.rest.body import json_body, required
from handoff_sandbox.rest.endpoint import customer_user, endpoint
from handoff_sandbox.shop import current_shop, current_view
from handoff_sandbox.tokens import ADMIN, CUSTOMER, User

bp = Blueprint("tokens", __name__)


@bp.post("/integration/admin/token")
@endpoint(ANYONE)
def admin_token() -> object:
    shop = current_shop()
    name, password = _credentials()
    # Magento ends the last login of an admin before it looks at the password.
    g.logged_in = ADMIN
    shop.people.admins.check(name, password)
    return shop.tokens.issue(User(1, ADMIN))


@bp.post("/integration/customer/token")
@endpoint(ANYONE)
def customer_token() -> object:
    shop = current_shop()
    account = shop.people.customers.check(*_credentials())
    if account.customer is None:
        raise LookupError("a customer's account without its customer")
    if not shop.serves(account.customer, current_view()):
        raise Unauthorized.login()
    g.logged_in = CUSTOMER
    return shop.tokens.issue(User(account.customer.id, CUSTOMER))


@bp.post("/integration/customer/revoke-customer-token")
@endpoint(SELF)
def revoke() -> object:
    current_shop().tokens.revoke(customer_user())
    return True


@bp.after_request
def forget_the_last_browser(response: Response) -> Response:
    """A login, of whatever kind, ends what cookies said before it."""
    kind = g.get("logged_in")
    cookies = current_shop().cookies
    if kind == CUSTOMER:
        response.headers.add("Set-Cookie", cookies.no_persistent_cart())
    if kind is not None:
        response.headers.add("Set-Cookie", cookies.no_form_key())
    return response


def _credentials() -> tuple[str, str]:
    body = json_body()
    return str(required(body, "username")), str(required(body, "password"))
