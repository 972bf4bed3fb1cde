"""Tokens of administrators and customers."""

from __future__ import annotations

from flask import Blueprint, Response, g

from handoff_sandbox.access_tokens import ADMIN, CUSTOMER, TokenUser
from handoff_sandbox.errors import Unauthorized
from handoff_sandbox.rest.authorization import ANYONE, SELF
from handoff_sandbox.rest.endpoint import endpoint, require_customer_user
from handoff_sandbox.rest.request_body import read_json_body, require_field
from handoff_sandbox.shop import get_current_shop, get_current_view

blueprint = Blueprint("login", __name__)


@blueprint.post("/integration/admin/token")
@endpoint(ANYONE)
def log_in_admin() -> object:
    shop = get_current_shop()
    name, password = _read_credentials()
    # Magento ends an administrator's last login before it checks the password.
    g.logged_in = ADMIN
    shop.accounts.admins.authenticate(name, password)
    return shop.tokens.issue(TokenUser(1, ADMIN))


@blueprint.post("/integration/customer/token")
@endpoint(ANYONE)
def log_in_customer() -> object:
    shop = get_current_shop()
    customer = shop.accounts.authenticate_customer(*_read_credentials())
    if not shop.is_account_valid(customer, get_current_view()):
        raise Unauthorized.build_for_login()
    g.logged_in = CUSTOMER
    return shop.tokens.issue(TokenUser(customer.id, CUSTOMER))


@blueprint.post("/integration/customer/revoke-customer-token")
@endpoint(SELF)
def revoke_tokens() -> object:
    get_current_shop().tokens.revoke(require_customer_user())
    return True


@blueprint.after_request
def clear_login_cookies(response: Response) -> Response:
    """Delete the cookies of the browser's last login after a new one."""
    kind = g.get("logged_in")
    cookies = get_current_shop().cookies
    if kind == CUSTOMER:
        response.headers.add("Set-Cookie", cookies.build_expired_persistent_cart_cookie())
    if kind is not None:
        response.headers.add("Set-Cookie", cookies.build_expired_form_key_cookie())
    return response


def _read_credentials() -> tuple[str, str]:
    body = read_json_body()
    return str(require_field(body, "username")), str(require_field(body, "password"))
