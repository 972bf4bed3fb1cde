"""The right to ask the shop about orders: an access token, or an administrator's login."""

from __future__ import annotations

import threading
import time
from http import HTTPStatus
from typing import Protocol

from handoff.deadline import Deadline
from handoff.magento.client import MagentoClient
from handoff.problems import ShopTimeout, ShopUnavailable

_REJECTED = "The shop does not take the administrator's login."
_WAIT_AFTER_REJECTION = 300.0  # seconds


class AdminAccess(Protocol):
    """Gives the token to show the shop, a credential."""

    def token(self, deadline: Deadline) -> str:
        """Return a token that the shop should take; raises ShopUnavailable without one."""

    def renew(self, rejected: str) -> bool:
        """Forget a token that the shop has rejected; return whether another can be had."""


class AccessToken:
    """An integration's access token, as the settings have it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def token(self, deadline: Deadline) -> str:
        """Return the token of the settings."""
        return self._token

    def renew(self, rejected: str) -> bool:
        """Return False: there is only the one."""
        return False


class AdminLogin:
    """An administrator's name and password, exchanged for a token that is kept until rejected."""

    def __init__(self, client: MagentoClient, username: str, password: str, store: str) -> None:
        self._client = client
        self._credentials = {"username": username, "password": password}
        self._store = store
        self._token: str | None = None
        self._lock = threading.Lock()
        self._wait_until = 0.0

    def token(self, deadline: Deadline) -> str:
        """Log in where that has not been done, and return the token."""
        if not self._lock.acquire(timeout=deadline.remaining):
            raise ShopTimeout
        try:
            if time.monotonic() < self._wait_until:
                raise ShopUnavailable(_REJECTED)
            if self._token is None:
                answer = self._client.rest(
                    "POST",
                    "integration/admin/token",
                    store=self._store,
                    deadline=deadline,
                    body=self._credentials,
                )
                if answer.status != HTTPStatus.OK or not isinstance(answer.body, str):
                    # Magento locks an account after a few failures, and visitors bring us here.
                    self._wait_until = time.monotonic() + _WAIT_AFTER_REJECTION
                    raise ShopUnavailable(_REJECTED)
                self._token = answer.body
            return self._token
        finally:
            self._lock.release()

    def renew(self, rejected: str) -> bool:
        """Forget the token, unless another thread has renewed it already."""
        with self._lock:
            if self._token == rejected:
                self._token = None
        return True
