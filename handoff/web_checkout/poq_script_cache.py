"""Fetches Poq's own web checkout script, so that it can be served from the shop's host.

The policy of the shop's checkout allows scripts of its own host, and not those of Poq's. Poq's app
names the version of the script and its hash. A file is served only if it has this hash, so this
service can change nothing in it, and neither can anybody between it and Poq.

Everybody can ask for files. So each caller has a limit of its own, and a file that a shopper's web
view has asked for is the last one to be dropped.
"""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from dataclasses import dataclass
from http import HTTPStatus

import structlog

from handoff.concurrency_limit import ConcurrencyLimit
from handoff.deadline import Deadline
from handoff.magento.http_transport import HttpTransport
from handoff.magento.no_response import NoResponse
from handoff.operations.rate_limits import RateLimit
from handoff.problems import Busy

log = structlog.get_logger()

_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){0,3}(-[a-z0-9]{1,12}(\.[0-9]{1,4})?)?")
_INTEGRITY = re.compile(r"(sha256|sha384|sha512)-([A-Za-z0-9+/]{43,86}={0,2})")
_MAX_BYTES = 512 * 1024
_MAX_FILES = 8  # kept in memory by each worker
_MAX_CALLERS = 2  # of each kind: one fetches a file, and one may wait for it
_TIMEOUT = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class PoqScriptCaller:
    """Somebody who asks for a file: the handoff of a shopper's web view, or an address."""

    name: str
    is_shopper: bool


@dataclass(frozen=True, slots=True)
class _CachedFile:
    content: bytes
    is_for_shoppers: bool


class PoqScriptCache:
    """The files of Poq's script that this worker has fetched; safe to share between threads."""

    def __init__(self, assets_url: str, fetch_limit: RateLimit) -> None:
        """`assets_url` is Poq's address for the files; the limit counts each caller's fetches."""
        self._assets_url = assets_url
        self._fetch_limit = fetch_limit
        self._transport = HttpTransport()
        self._shoppers = ConcurrencyLimit(_MAX_CALLERS)
        self._strangers = ConcurrencyLimit(_MAX_CALLERS)
        self._fetch_lock = threading.Lock()
        self._files_lock = threading.Lock()
        self._files: dict[str, _CachedFile] = {}  # by version, the latest used at the end

    def find_or_fetch_file(
        self, version: str, integrity: str, caller: PoqScriptCaller
    ) -> bytes | None:
        """Return the file of a version with this hash, as `sha384-…`.

        None means that there is no such file, or that it cannot be fetched now.
        """
        if not _VERSION.fullmatch(version) or not _INTEGRITY.fullmatch(integrity):
            return None
        content = self._use_cached_file(version, integrity, caller)
        if content is not None:
            return content
        callers = self._shoppers if caller.is_shopper else self._strangers
        try:
            with callers.acquire_slot(0), self._fetch_lock:
                content = self._use_cached_file(version, integrity, caller)
                return self._fetch_file(version, integrity, caller) if content is None else content
        except Busy:
            return None

    def _use_cached_file(
        self, version: str, integrity: str, caller: PoqScriptCaller
    ) -> bytes | None:
        with self._files_lock:
            file = self._files.get(version)
            if file is None or not _has_hash(file.content, integrity):
                return None
            del self._files[version]
            is_for_shoppers = file.is_for_shoppers or caller.is_shopper
            self._files[version] = _CachedFile(file.content, is_for_shoppers)
            return file.content

    def _fetch_file(self, version: str, integrity: str, caller: PoqScriptCaller) -> bytes | None:
        if self._fetch_limit.count_event(caller.name):
            reason = "The caller has asked for too many."
            log.warning("poq_script_not_fetched", version=version, reason=reason)
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
                self._cache_file(version, _CachedFile(response.body, caller.is_shopper))
                return response.body
        log.warning("poq_script_not_fetched", version=version, reason=reason)
        return None

    def _cache_file(self, version: str, file: _CachedFile) -> None:
        with self._files_lock:
            self._files.pop(version, None)
            if len(self._files) >= _MAX_FILES:
                # min() returns the first of equals, which has not been used for longest.
                del self._files[min(self._files, key=lambda v: self._files[v].is_for_shoppers)]
            self._files[version] = file


def _has_hash(content: bytes, integrity: str) -> bool:
    algorithm, _, expected = integrity.partition("-")
    return base64.b64encode(hashlib.new(algorithm, content).digest()).decode() == expected
