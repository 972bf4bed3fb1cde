"""The sessions of the ops pages: a signed id in a cookie that only this address gets.

The key of the signature is made from the secret key and from the password. So a new password ends
all sessions. The ledger knows the sessions that somebody has ended by signing out.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from flask import Request, Response
from itsdangerous import BadSignature, TimestampSigner

from handoff.ledger.database import Database
from handoff.ledger.ended_ops_session_repository import EndedOpsSessionRepository
from handoff.problems import LedgerUnavailable

SESSION_LIFETIME = 8 * 3600
"""Seconds from signing in until a session ends by itself."""

_SALT = "handoff.ops-session.v1"
_MAX_COOKIES = 5  # of the same name that are tried
_MAX_LENGTH = 200  # characters; a cookie of ours has about 80


class OpsSessions:
    """Starts, reads and ends the sessions of one service."""

    def __init__(
        self, database: Database, *, secret_key: str, password: str, is_secure: bool
    ) -> None:
        """`is_secure` says that browsers reach the pages over https."""
        key = hmac.digest(secret_key.encode(), password.encode(), "sha256").hex()
        self._signer = TimestampSigner(
            key, salt=_SALT, key_derivation="hmac", digest_method=hashlib.sha256
        )
        self._ended = EndedOpsSessionRepository(database)
        self._is_secure = is_secure
        # A browser takes a `__Host-` cookie from this host alone. Over http it takes none, and
        # sends a cookie to every port of the host, but only below its path.
        self.cookie_name = "__Host-handoff_ops" if is_secure else "handoff_ops"
        self._cookie_path = "/" if is_secure else "/ops/"

    def start_session(self, response: Response) -> None:
        """Give the browser a new session, whatever cookies it has sent."""
        value = self._signer.sign(secrets.token_urlsafe(16)).decode()
        self._set_cookie(response, value, max_age=SESSION_LIFETIME)

    def has_session(self, request: Request) -> bool:
        """Return whether a request has a session that has not ended."""
        return self._find_session_id(request) is not None

    def end_session(self, request: Request, response: Response) -> None:
        """End the session of a request for all workers. Raises LedgerUnavailable."""
        session_id = self._find_session_id(request)
        if session_id is not None:
            self._ended.add(session_id, lifetime=SESSION_LIFETIME)
        self._set_cookie(response, "", max_age=0)

    def _find_session_id(self, request: Request) -> str | None:
        # Over http another port of the host may have planted a cookie of the same name.
        for value in request.cookies.getlist(self.cookie_name)[:_MAX_COOKIES]:
            session_id = self._read_signed_id(value)
            if session_id is not None and not self._is_ended(session_id):
                return session_id
        return None

    def _read_signed_id(self, value: str) -> str | None:
        if len(value) > _MAX_LENGTH:
            return None
        try:
            return self._signer.unsign(value, max_age=SESSION_LIFETIME).decode()
        except (BadSignature, UnicodeError):
            return None

    def _is_ended(self, session_id: str) -> bool:
        try:
            return self._ended.is_ended(session_id)
        except LedgerUnavailable:
            return False  # the pages have to say that the ledger is down

    def _set_cookie(self, response: Response, value: str, *, max_age: int) -> None:
        response.set_cookie(
            self.cookie_name,
            value,
            max_age=max_age,
            path=self._cookie_path,
            secure=self._is_secure,
            httponly=True,
            samesite="Strict",
        )
