"""Decides whether a caller may use a REST endpoint: for anybody, customers or administrators."""

from __future__ import annotations

from flask import g, request

from handoff_sandbox.access_tokens import CUSTOMER, INTEGRATION, TokenUser
from handoff_sandbox.errors import Unauthorized
from handoff_sandbox.shop import SandboxShop, get_current_shop, get_current_view

ANYONE = "anonymous"
SELF = "self"


def authorize(resource: str) -> TokenUser | None:
    """Return the caller, or raise Unauthorized if the caller has no right to the resource."""
    shop = get_current_shop()
    user = read_token_user(shop)
    if resource == ANYONE:
        return user
    if user is None:
        # Magento starts a session when it looks for a logged-in browser.
        g.started = True
        user = find_browser_login(shop)
    allowed = user is not None and (
        user.is_admin or (resource == SELF and _is_of_website(shop, user))
    )
    if not allowed:
        raise Unauthorized.build_for_resource(resource, starts_session=g.started)
    return user


def _is_of_website(shop: SandboxShop, user: TokenUser) -> bool:
    """Return whether a customer's token is valid here: in the website of the account."""
    customer = shop.accounts.find_customer(user.id)
    return not g.is_all_scope and (
        customer is None or shop.is_account_valid(customer, get_current_view())
    )


def read_token_user(shop: SandboxShop) -> TokenUser | None:
    """Return the user of the token, or None if it is not valid or the customer is deleted.

    Raises ShopError for a signature by OAuth 1.0a that is not valid.
    """
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "oauth":
        shop.integration.require_valid_signature(request)
        return TokenUser(1, INTEGRATION)
    if shop.integration.accepts_bearer and token == shop.integration.token:
        return TokenUser(1, INTEGRATION)
    user = shop.tokens.read(token) if kind.lower() == "bearer" else None
    is_gone = user is not None and user.is_customer and shop.accounts.find_customer(user.id) is None
    return None if is_gone else user


def find_browser_login(shop: SandboxShop) -> TokenUser | None:
    """Return the customer of the session cookie if a script of the shop's pages calls."""
    if request.headers.get("X-Requested-With") != "XMLHttpRequest":
        return None
    session = shop.sessions.start(request.cookies.get("PHPSESSID"))
    number = session.get_number(shop.get_account_key(get_current_view()), "customer_id")
    return None if number is None else TokenUser(number, CUSTOMER)
