"""Logins to the shop's API: an administrator and a customer."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Literal

from handoff.doctor.shop_client import DoctorShopClient, read_json
from handoff.magento.http_transport import HttpResponse
from handoff.settings import Settings
from handoff.settings.store_views import StoreView

_ADMIN_PATHS = ("store/storeViews", "orders", "products", "categories/list")


@dataclass(frozen=True, slots=True)
class AdminLoginResult:
    """An administrator's token, or the shop's response that refused it.

    `method` says by what: a login with a password, an access token, or nothing in the settings.
    """

    method: Literal["login", "token", "none"]
    token: str | None = field(default=None, repr=False)
    response: HttpResponse | None = field(default=None, repr=False)

    @property
    def needs_second_factor(self) -> bool:
        """Whether the password is right and the shop asks for a second factor.

        The message is in the shop's language; its parameters have a name in every language.
        """
        data = read_json(self.response) if self.response is not None else None
        if not isinstance(data, dict):
            return False
        message, parameters = str(data.get("message", "")).lower(), data.get("parameters")
        is_named = isinstance(parameters, dict) and "active_providers" in parameters
        return is_named or "2fa" in message or "two-factor" in message


@dataclass(frozen=True, slots=True)
class CustomerLoginResult:
    """A customer's token, or the status of the response that refused it."""

    token: str | None = field(default=None, repr=False)
    status: int = 0

    @property
    def token_lifetime(self) -> int | None:
        """The seconds that the token lives, None if it does not say so."""
        try:
            claims = (self.token or "").split(".")[1]
            padding = "=" * (-len(claims) % 4)
            values = json.loads(base64.urlsafe_b64decode(claims + padding))
            return int(values["exp"]) - int(values["iat"])
        except (IndexError, ValueError, KeyError, TypeError):
            return None


def log_in_admin(shop: DoctorShopClient, settings: Settings) -> AdminLoginResult:
    """Get an administrator's token by what the settings contain."""
    store = settings.store_views.first
    if settings.magento_access_token:
        token = settings.magento_access_token.get_secret_value()
        # Magento answers 401 to a wrong token and to a missing right; one right is enough.
        for path in _ADMIN_PATHS:
            params = {"searchCriteria[pageSize]": "1"}
            response = shop.rest("GET", path, store=store, token=token, params=params)
            if response.status == 200:
                return AdminLoginResult("token", token, response)
        return AdminLoginResult("token", None, response)
    if settings.magento_admin_username and settings.magento_admin_password:
        credentials = {
            "username": settings.magento_admin_username,
            "password": settings.magento_admin_password.get_secret_value(),
        }
        response = shop.rest("POST", "integration/admin/token", store=store, body=credentials)
        return AdminLoginResult("login", _read_token(response), response)
    return AdminLoginResult("none")


def log_in_customer(
    shop: DoctorShopClient, store: StoreView, email: str, password: str
) -> CustomerLoginResult:
    """Get a customer's token."""
    credentials = {"username": email, "password": password}
    response = shop.rest("POST", "integration/customer/token", store=store, body=credentials)
    return CustomerLoginResult(_read_token(response), response.status)


def _read_token(response: HttpResponse) -> str | None:
    token = read_json(response)
    return token if response.status == 200 and isinstance(token, str) else None
