"""Recognises the caller of an API request by its key, and limits wrong keys."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence

import structlog
from flask import request

from handoff.operations.rate_limits import RateLimit, get_caller_network
from handoff.problems import KeyRejected
from handoff.settings.caller_keys import CallerKey

_BEARER = re.compile(r"^Bearer +", re.IGNORECASE)

log = structlog.get_logger()


class CallerAuthentication:
    """The API keys of all callers, and the limit of wrong keys from one address."""

    def __init__(self, keys: Sequence[CallerKey], wrong_key_limit: RateLimit) -> None:
        self._keys = keys
        self._wrong_key_limit = wrong_key_limit

    def authenticate(self) -> str:
        """Return the name of the caller of this request; the request's log lines get it too.

        Raises KeyRejected, and TooManyRequests after too many wrong keys from an address. A right
        key is never refused, because strangers may share the address of a caller.
        """
        caller = self._find_caller(read_api_key().encode())
        if caller is None:
            self._wrong_key_limit.count_event_or_raise(get_caller_network(request.remote_addr))
            # This is the address of a server. Shoppers' addresses are never logged.
            log.warning("key_rejected", client=request.remote_addr)
            raise KeyRejected
        structlog.contextvars.bind_contextvars(caller=caller)
        return caller

    def _find_caller(self, sent: bytes) -> str | None:
        # Every key is compared in constant time, even after one has matched.
        callers = [
            known.caller
            for known in self._keys
            if hmac.compare_digest(known.key.get_secret_value().encode(), sent)
        ]
        return callers[0] if callers else None


def read_api_key() -> str:
    """Return the key that this request sent, in its path or in `Authorization`."""
    in_path: str | None = (request.view_args or {}).get("key")
    return in_path or _BEARER.sub("", request.headers.get("Authorization", "")).strip()
