"""Web sessions for the trials: written to live for a minute, and registered for cleanup."""

from __future__ import annotations

import re
from pathlib import Path

from handoff.cleanup import Cleanup
from handoff.doctor.set_cookie import find_set_cookie
from handoff.magento.http_transport import HttpResponse
from handoff.settings import Settings
from handoff.shop_session import SessionStore, open_session_store

_LIFETIME = 60  # seconds
# A session's file is deleted by its id, so the id must not lead to another folder.
_SESSION_ID = re.compile("[A-Za-z0-9,-]{1,256}")


def open_trial_session_store(settings: Settings) -> SessionStore:
    """Return the session store; sessions that are written by it live for one minute."""
    url, access = settings.session_store_url, settings.session_store_access
    return open_session_store(url, access, lifetime=_LIFETIME)


def get_session_file(settings: Settings, session_id: str) -> Path | None:
    """Return the file of a session, None if sessions are in Redis."""
    url = settings.session_store_url
    return Path(url.path) / f"sess_{session_id}" if url.is_files else None


def register_session(settings: Settings, session_id: str, cleanup: Cleanup) -> None:
    """Register a session for cleanup: its file is deleted; in Redis it expires by itself."""
    file = get_session_file(settings, session_id)
    if file is None:
        cleanup.note_leftover("anonymous web session, which expires by itself")
    else:
        cleanup.defer("session file", lambda: file.unlink(missing_ok=True))


def register_session_of(response: HttpResponse, settings: Settings, cleanup: Cleanup) -> None:
    """Register the session that the shop has created with a response, if any."""
    cookie = find_set_cookie(response, settings.session_cookie_name)
    if cookie is not None and _SESSION_ID.fullmatch(cookie.value):
        register_session(settings, cookie.value, cleanup)


def describe_session_store(settings: Settings) -> str:
    """Return the location of the session store as text, without user name and password."""
    url = settings.session_store_url
    if url.is_files:
        return url.path
    tls = " by TLS" if url.uses_tls else ""
    if url.path:
        location = f"Redis at {url.path}"
    elif url.sentinel_master:
        location = f"Redis master {url.sentinel_master}, found by Sentinel{tls}"
    else:
        [(host, port)] = url.hosts
        location = f"Redis at {host}:{port}{tls}"
    return f"{location}, database {url.database}"
