"""The customer of a rehearsal: an account made for it, or one that is there already."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

from handoff.rehearsal.cleanup import Cleanup
from handoff.rehearsal.outcome import Unexpected
from handoff.rehearsal.shop import Shop, told

# A domain that nobody has, so that what the shop writes to the account reaches nobody.
_DOMAIN = "example.com"
_FIRSTNAME = "Rehearsed"
_BY_HAND = "--customer-email takes an account that is there already."
_NO_RIGHT = (
    "The administrator or access token of the settings needs Magento_Customer::delete. With "
    f"two-factor login on, only an integration's access token serves. {_BY_HAND}"
)
_LOGIN = (
    "Is the account confirmed, of this website, and not locked? Does the shop ask for a captcha? "
    f"{_BY_HAND}"
)
_ME = "The app shows and changes a customer's details by /customers/me: open it."


@dataclass(frozen=True, slots=True)
class Login:
    """An account's e-mail address and password, a credential."""

    email: str
    password: str

    def __repr__(self) -> str:
        return f"Login({self.email})"


class Account(Protocol):
    """Whose cart is transferred."""

    @property
    def login(self) -> Login:
        """What the app logs in with."""

    def open(self) -> str:
        """See to it that the account is there."""

    def end_token(self, token: str) -> str:
        """Return a token of this customer that is no good any more."""


class MadeAccount:
    """An account made for the rehearsal, and removed at its end by the administrator's right."""

    def __init__(self, shop: Shop, cleanup: Cleanup) -> None:
        name = f"handoff-rehearsal-{secrets.token_hex(6)}"
        self._shop = shop
        self._cleanup = cleanup
        # Of every kind of character that a shop may ask for.
        self._login = Login(f"{name}@{_DOMAIN}", f"Aa1!{secrets.token_urlsafe(16)}")
        self._id: int | None = None

    @property
    def login(self) -> Login:
        """What the app logs in with."""
        return self._login

    def open(self) -> str:
        """Make the account, as the app does when somebody registers, once it can be removed."""
        self._require_right_to_remove()
        customer = {
            "email": self._login.email,
            "firstname": "Handoff",
            "lastname": "Rehearsal",
            # The store view in the path does not decide: without these it is the shop's first.
            "website_id": self._shop.store.website_id,
            "store_id": self._shop.store.store_id,
        }
        body = {"customer": customer, "password": self._login.password}
        self._cleanup.later(f"the account {self._login.email}", self._remove)
        made = self._shop.ask("POST", "customers", body=body, todo=_BY_HAND)
        self._id = int(made["id"])
        return f"customer {self._id}, {self._login.email}"

    def end_token(self, token: str) -> str:
        """Revoke the account's tokens, which is what their expiry comes to."""
        path = "integration/customer/revoke-customer-token"
        self._shop.ask("POST", path, token=token, todo="Tokens cannot be revoked by REST here.")
        return token

    def _require_right_to_remove(self) -> None:
        """Have an account removed that no shop has: without the right that is refused."""
        token = self._shop.admin_token(_NO_RIGHT)
        answer = self._shop.call("DELETE", "customers/0", token=token)
        if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise Unexpected("the right to remove the account again", told(answer), _NO_RIGHT)

    def _remove(self) -> None:
        number = self._id if self._id is not None else self._found()
        if number is not None:
            todo = "Remove it by hand, in the shop's admin."
            self._shop.as_admin("DELETE", f"customers/{number}", todo=todo)

    def _found(self) -> int | None:
        """Look for the account by logging in: its making may have worked without an answer."""
        try:
            return int(details(self._shop, log_in(self._shop, self._login))["id"])
        except Unexpected:
            return None


class GivenAccount:
    """An account that was there before, and stays as it was."""

    def __init__(self, login: Login) -> None:
        self._login = login

    @property
    def login(self) -> Login:
        """What the app logs in with."""
        return self._login

    def open(self) -> str:
        """Do nothing: the account is there."""
        return self._login.email

    def end_token(self, token: str) -> str:
        """Spoil the token. To revoke it would log its owner out everywhere."""
        head, _, signature = token.rpartition(".")
        return f"{head}.{signature[::-1]}"


def log_in(shop: Shop, login: Login) -> str:
    """Return a token for the account, a credential."""
    body = {"username": login.email, "password": login.password}
    path = "integration/customer/token"
    token = shop.ask("POST", path, body=body, todo=_LOGIN)
    return str(token)


def details(shop: Shop, token: str) -> dict[str, Any]:
    """Read the customer's details."""
    found = shop.ask("GET", "customers/me", token=token, todo=_ME)
    return dict(found)


def change_details(shop: Shop, token: str, cleanup: Cleanup) -> str:
    """Change the first name, and change it back."""
    before = details(shop, token)
    _put(shop, token, before, _FIRSTNAME)
    cleanup.later("the customer's first name", lambda: _put_back(shop, token, before))
    now = details(shop, token)["firstname"]
    if now != _FIRSTNAME:
        raise Unexpected(f"the first name {_FIRSTNAME}", f"“{now}” after the change", _ME)
    _put_back(shop, token, before)
    return "the first name, and back"


def _put(shop: Shop, token: str, known: dict[str, Any], firstname: str) -> None:
    body = {"customer": {**known, "firstname": firstname}}
    shop.ask("PUT", "customers/me", body=body, token=token, todo=_ME)


def _put_back(shop: Shop, token: str, before: dict[str, Any]) -> None:
    """Give the first name back, unless that has been done or the token is revoked."""
    answer = shop.call("GET", "customers/me", token=token)
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return
    if answer.status != HTTPStatus.OK:
        raise Unexpected("the customer's details", told(answer), _ME)
    if answer.body["firstname"] != before["firstname"]:
        _put(shop, token, before, str(before["firstname"]))
