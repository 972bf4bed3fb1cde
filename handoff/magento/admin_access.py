"""The right to read orders of the shop: an integration's token, or an administrator's login."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

import structlog
from requests.auth import AuthBase

from handoff.deadline import Deadline
from handoff.magento.answers import Answer
from handoff.magento.client import MagentoClient, ShopToken
from handoff.problems import ShopTimeout, ShopUnavailable

_REJECTED = "The shop does not accept the administrator's login."
_HINT = (
    "Correct the login, or unlock the account, and reload the settings: the login is then tried at "
    "once. Otherwise no worker on any host tries it for the seconds that this line names."
)
# Seconds. Magento locks an account for 30 minutes, by default after six wrong passwords.
_WAIT_AFTER_REFUSAL = 35 * 60
_WAIT_AFTER_OTHER_FAILURE = 60

log = structlog.get_logger()


class AdminAccessDenied(ShopUnavailable):
    """The shop does not accept the staff access of the settings, or this access lacks a right."""


class AdminAccess(Protocol):
    """Provides the token for calls that need an administrator's right; a credential."""

    def provide_token(self, deadline: Deadline) -> ShopToken:
        """Return a token that the shop should accept; raise AdminAccessDenied if there is none."""

    def discard_token_if_replaceable(self, rejected: ShopToken) -> bool:
        """Forget a token that the shop has rejected; return whether a new one can be requested."""


class AdminLoginBlock(Protocol):
    """Keeps a login from being tried while the shop is known to refuse it."""

    def hold_login_attempt(self, deadline: Deadline) -> AbstractContextManager[bool]:
        """Hold the right to try the login for the block; yields False if it may not be tried."""

    def set(self, seconds: float) -> None:
        """Block the login for all threads that share this object."""


class ProcessLoginBlock:
    """Blocks a login in this process alone, for commands that have no ledger."""

    def __init__(self) -> None:
        self._blocked_until = 0.0

    @contextmanager
    def hold_login_attempt(self, deadline: Deadline) -> Iterator[bool]:
        """Yield whether the login may be tried."""
        yield time.monotonic() >= self._blocked_until

    def set(self, seconds: float) -> None:
        """Block the login for some seconds."""
        self._blocked_until = time.monotonic() + seconds


class AccessToken:
    """An integration's access token from the settings, as a bearer or for signatures."""

    def __init__(self, token: ShopToken) -> None:
        self._token = token

    def provide_token(self, deadline: Deadline) -> ShopToken:
        """Return the token of the settings."""
        return self._token

    def discard_token_if_replaceable(self, rejected: ShopToken) -> bool:
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
    def retry_delay(self) -> int:
        """The seconds after which a refused login may be tried again."""
        is_refused = self.answer.status == HTTPStatus.UNAUTHORIZED
        return _WAIT_AFTER_REFUSAL if is_refused else _WAIT_AFTER_OTHER_FAILURE

    @property
    def is_second_factor_required(self) -> bool:
        """Whether the password is right and the shop asks for a second factor.

        The message is in the shop's language, but its parameters have names.
        """
        message = self.answer.message.lower()
        is_named = "active_providers" in self.answer.parameters
        return self.token is None and (is_named or "2fa" in message or "two-factor" in message)


class AdminLogin:
    """Exchanges an administrator's name and password for a token and keeps it until rejected."""

    def __init__(
        self,
        client: MagentoClient,
        username: str,
        password: str,
        store: str,
        block: AdminLoginBlock | None = None,
    ) -> None:
        """`block` remembers a refused login, by default for this process."""
        self._client = client
        self._credentials = {"username": username, "password": password}
        self._store = store
        self._token: str | None = None
        self._lock = threading.Lock()
        self._block = block or ProcessLoginBlock()

    def provide_token(self, deadline: Deadline) -> str:
        """Return the kept token, and log in if there is none.

        Raises AdminAccessDenied if the login is refused, or has been refused a short time ago.
        """
        if not self._lock.acquire(timeout=deadline.remaining):
            raise ShopTimeout
        try:
            if self._token is None:
                self._token = self._log_in_unless_blocked(deadline)
            return self._token
        finally:
            self._lock.release()

    def _log_in_unless_blocked(self, deadline: Deadline) -> str:
        with self._block.hold_login_attempt(deadline) as may_try:
            if not may_try:
                raise AdminAccessDenied(_REJECTED)
            try:
                answer = self._client.call_rest(
                    "POST",
                    "integration/admin/token",
                    store=self._store,
                    deadline=deadline,
                    body=self._credentials,
                )
            except ShopTimeout:  # the shop may have counted a wrong password
                self._block.set(_WAIT_AFTER_OTHER_FAILURE)
                raise
            reply = AdminLoginReply(answer)
            if reply.token is None:
                self._block.set(reply.retry_delay)
                log.error(
                    "admin_login_refused",
                    status=reply.answer.status,
                    second_factor=reply.is_second_factor_required,
                    seconds=reply.retry_delay,
                    hint=_HINT,
                )
                raise AdminAccessDenied(_REJECTED)
            return reply.token

    def discard_token_if_replaceable(self, rejected: ShopToken) -> bool:
        """Forget the token unless another thread has replaced it already; return True."""
        with self._lock:
            if self._token == rejected:
                self._token = None
        return True


def build_oauth_signer(
    consumer_key: str, consumer_secret: str, access_token: str, access_token_secret: str
) -> AuthBase:
    """Return a signer of calls by OAuth 1.0a and HMAC-SHA256, from an integration's four values.

    Since 2.4.4 Magento takes an integration's token as a bearer only if that is switched on. It
    always takes calls that all four values have signed. The signature covers the address as the
    shop sees it: with the host of the Host header.
    """
    # Imported here, because it takes 0.1 s and few shops need it.
    from requests_oauthlib import OAuth1

    auth: AuthBase = OAuth1(
        consumer_key,
        client_secret=consumer_secret,
        resource_owner_key=access_token,
        resource_owner_secret=access_token_secret,
        signature_method="HMAC-SHA256",
    )
    return auth
