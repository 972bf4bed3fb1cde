"""Fetches Poq's own web checkout script, so that it can be served from the shop's host.

The policy of the shop's checkout allows scripts of its own host, and not those of Poq's. Poq's app
names the version of the script and its hash. A file is served only if it has this hash, so this
service can change nothing in it, and neither can anybody between it and Poq.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import threading
from http import HTTPStatus

import structlog

from handoff.concurrency_limit import ConcurrencyLimit
from handoff.deadline import Deadline
from handoff.magento.http_transport import HttpTransport, NoResponse
from handoff.operations.rate_limits import RateLimit
from handoff.problems import Busy

log = structlog.get_logger()

_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){0,3}(-[a-z0-9]{1,12}(\.[0-9]{1,4})?)?")
_INTEGRITY = re.compile(r"(sha256|sha384|sha512)-([A-Za-z0-9+/]{43,86}={0,2})")
_MAX_BYTES = 512 * 1024
_MAX_FILES = 4  # kept in memory by each worker
_MAX_CALLERS = 2  # one fetches a file, and one may wait for it
_TIMEOUT = 5.0  # seconds


class PoqScriptCache:
    """The files of Poq's script that this worker has fetched; safe to share between threads."""

    def __init__(self, assets_url: str, fetch_limit: RateLimit) -> None:
        """`assets_url` is Poq's address for the files; the limit counts all callers as one."""
        self._assets_url = assets_url
        self._fetch_limit = fetch_limit
        self._transport = HttpTransport()
        self._callers = ConcurrencyLimit(_MAX_CALLERS)
        self._lock = threading.Lock()
        self._files: dict[tuple[str, str], bytes] = {}

    def find_file(self, version: str, integrity: str) -> bytes | None:
        """Return the file of a version with this hash, as `sha384-…`.

        None means that there is no such file, or that it cannot be fetched now.
        """
        if not _VERSION.fullmatch(version) or not _INTEGRITY.fullmatch(integrity):
            return None
        key = (version, integrity)
        if key in self._files:
            return self._files[key]
        try:
            with self._callers.acquire_slot(0), self._lock:
                return self._files.get(key) or self._fetch_file(version, integrity)
        except Busy:
            return None

    def _fetch_file(self, version: str, integrity: str) -> bytes | None:
        if self._fetch_limit.count_event("everybody"):
            log.warning(
                "poq_script_not_fetched", version=version, reason="Too many were asked for."
            )
            return None
        reason = "Its hash is not the one that the app names."
        try:
            response = self._transport.send(
                "GET",
                f"{self._assets_url}/web-checkout.{version}.min.js",
                headers={},
                deadline=Deadline.within_request(_TIMEOUT),
                max_bytes=_MAX_BYTES,
            )
        except NoResponse as error:
            reason = error.reason
        else:
            if response.status != HTTPStatus.OK or response.is_truncated:
                reason = f"Poq answers {response.status}."
            elif _has_hash(response.body, integrity):
                self._keep_file((version, integrity), response.body)
                return response.body
        log.warning("poq_script_not_fetched", version=version, reason=reason)
        return None

    def _keep_file(self, key: tuple[str, str], content: bytes) -> None:
        if len(self._files) >= _MAX_FILES:
            del self._files[next(iter(self._files))]  # the oldest
        self._files[key] = content


def _has_hash(content: bytes, integrity: str) -> bool:
    algorithm, _, expected = integrity.partition("-")
    try:
        digest = base64.b64decode(expected, validate=True)
    except binascii.Error:
        return False
    return hmac.compare_digest(hashlib.new(algorithm, content).digest(), digest)
