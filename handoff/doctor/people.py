"""Who may ask the shop what: an administrator, and a customer."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field

from handoff.doctor.probe import Reply
from handoff.doctor.shop import Shop
from handoff.settings import Settings
from handoff.settings.store_views import StoreView

_QUESTIONS = ("store/storeViews", "orders", "products", "categories/list")


@dataclass(frozen=True, slots=True)
class Admin:
    """An administrator's token, if one was to be had. `way` says by what: `login`, `token`, ``.

    `reply` is the shop's answer to the login, or to a question with the access token.
    """

    way: str
    token: str | None = field(default=None, repr=False)
    reply: Reply | None = field(default=None, repr=False)

    @property
    def stopped_by_two_factors(self) -> bool:
        """Whether the password is right, and a second factor is asked for.

        Magento tells it by words in the shop's language, and parameters that have a name.
        """
        data = self.reply.data if self.reply is not None else None
        if not isinstance(data, dict):
            return False
        words, parameters = str(data.get("message", "")).lower(), data.get("parameters")
        named = isinstance(parameters, dict) and "active_providers" in parameters
        return named or "2fa" in words or "two-factor" in words


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer's token, if one was to be had, and the shop's answer to the login."""

    token: str | None = field(default=None, repr=False)
    reply: Reply | None = field(default=None, repr=False)


def log_in_admin(shop: Shop, settings: Settings) -> Admin:
    """Get an administrator's token by what the settings hold."""
    store = settings.store_views.first
    if settings.magento_access_token:
        token = settings.magento_access_token.get_secret_value()
        # With too few rights it is 401, as for a wrong token: one answer of them is enough.
        for question in _QUESTIONS:
            params = {"searchCriteria[pageSize]": "1"}
            reply = shop.rest("GET", question, store=store, token=token, params=params)
            if reply.status == 200:
                return Admin("token", token, reply)
        return Admin("token", None, reply)
    if settings.magento_admin_username and settings.magento_admin_password:
        login = {
            "username": settings.magento_admin_username,
            "password": settings.magento_admin_password.get_secret_value(),
        }
        reply = shop.rest("POST", "integration/admin/token", store=store, body=login)
        return Admin("login", _token(reply), reply)
    return Admin("")


def log_in_customer(shop: Shop, store: StoreView, email: str, password: str) -> Customer:
    """Get a customer's token."""
    login = {"username": email, "password": password}
    reply = shop.rest("POST", "integration/customer/token", store=store, body=login)
    return Customer(_token(reply), reply)


def lifetime(token: str | None) -> int | None:
    """Return the seconds that a token lives from its making, where it is one that tells."""
    try:
        claims = (token or "").split(".")[1]
        held = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return int(held["exp"]) - int(held["iat"])
    except (IndexError, ValueError, KeyError, TypeError):
        return None


def _token(reply: Reply) -> str | None:
    return reply.data if reply.status == 200 and isinstance(reply.data, str) else None
