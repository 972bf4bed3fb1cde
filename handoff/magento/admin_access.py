"""The right to read orders of the shop: an access token, or an administrator's login."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from handoff.deadline import Deadline
from handoff.magento.client import Answer, MagentoClient
from handoff.problems import ShopTimeout, ShopUnavailable

_REJECTED = "The shop does not accept the administrator's login."
_WAIT_AFTER_REJECTION = 300.0  # seconds


class AdminAccessDenied(ShopUnavailable):
    """The shop does not accept the staff access of the settings, or it lacks a right."""


class AdminAccess(Protocol):
    """Provides the token for calls that need an administrator's right; a credential."""

    def get_token(self, deadline: Deadline) -> str:
        """Return a token that the shop should accept; raise AdminAccessDenied if there is none."""

    def discard_token(self, rejected: str) -> bool:
        """Forget a token that the shop has rejected; return whether a new one can be requested."""


class AccessToken:
    """An integration's access token from the settings."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, deadline: Deadline) -> str:
        """Return the token of the settings."""
        return self._token

    def discard_token(self, rejected: str) -> bool:
        """Return False: there is no other token."""
        return False


@dataclass(frozen=True, slots=True)
class AdminLoginReply:
    """The shop's answer to an administrator's login."""

    answer: Answer

    @property
    def token(self) -> str | None:
        """The token, a credential; None if the login is refused.

        Magento answers a wrong password and a locked account with the same 401.
        """
        is_token = self.answer.status == HTTPStatus.OK and isinstance(self.answer.body, str)
        return self.answer.body if is_token else None

    @property
    def needs_second_factor(self) -> bool:
        """Whether the password is right and the shop asks for a second factor.

        The message is in the shop's language, but its parameters have names.
        """
        message = self.answer.message.lower()
        is_named = "active_providers" in self.answer.parameters
        return self.token is None and (is_named or "2fa" in message or "two-factor" in message)


class AdminLogin:
    """Exchanges an administrator's name and password for a token and keeps it until rejected."""

    def __init__(self, client: MagentoClient, username: str, password: str, store: str) -> None:
        self._client = client
        self._credentials = {"username": username, "password": password}
        self._store = store
        self._token: str | None = None
        self._lock = threading.Lock()
        self._wait_until = 0.0

    def log_in(self, deadline: Deadline) -> AdminLoginReply:
        """Send the login and return any answer of the shop; keep nothing."""
        return AdminLoginReply(
            self._client.rest(
                "POST",
                "integration/admin/token",
                store=self._store,
                deadline=deadline,
                body=self._credentials,
            )
        )

    def get_token(self, deadline: Deadline) -> str:
        """Return the kept token, and log in if there is none.

        Raises AdminAccessDenied if the login is refused, and for five minutes after that without
        another login.
        """
        if not self._lock.acquire(timeout=deadline.remaining):
            raise ShopTimeout
        try:
            if time.monotonic() < self._wait_until:
                raise AdminAccessDenied(_REJECTED)
            if self._token is None:
                self._token = self.log_in(deadline).token
                if self._token is None:
                    # Magento locks an account after a few failures, and every shopper with a used
                    # link makes us log in.
                    self._wait_until = time.monotonic() + _WAIT_AFTER_REJECTION
                    raise AdminAccessDenied(_REJECTED)
            return self._token
        finally:
            self._lock.release()

    def discard_token(self, rejected: str) -> bool:
        """Forget the token unless another thread has replaced it already; return True."""
        with self._lock:
            if self._token == rejected:
                self._token = None
        return True
