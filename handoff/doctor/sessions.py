"""The session store of the settings, as checks use it: for a minute, and looked at from outside."""

from __future__ import annotations

import re
from pathlib import Path

import redis

from handoff.doctor.cookies import cookies_of, named
from handoff.doctor.probe import Reply
from handoff.doctor.traces import Traces
from handoff.settings import Settings
from handoff.shop_session import SessionStore, open_session_store
from handoff.shop_session.redis_client import connect_redis

_SECONDS = 60
# A file is removed by this name: it must not lead elsewhere.
_ID = re.compile("[A-Za-z0-9,-]{1,256}")


def for_a_minute(settings: Settings) -> SessionStore:
    """Return the store, whose new sessions live for a minute."""
    return open_session_store(
        settings.session_store_url, settings.session_store_access, lifetime=_SECONDS
    )


def session_file(settings: Settings, session_id: str) -> Path | None:
    """Return the file of a session, None where sessions are in Redis."""
    address = settings.session_store_url
    return Path(address.path) / f"sess_{session_id}" if address.is_files else None


def leave(settings: Settings, session_id: str, traces: Traces) -> None:
    """Note a session that was made: its file is removed, in Redis it ends by itself."""
    file = session_file(settings, session_id)
    if file is None:
        traces.leaves("web sessions of nobody, which end by themselves")
    else:
        traces.removed_by(lambda: file.unlink(missing_ok=True))


def leave_of(reply: Reply, settings: Settings, traces: Traces) -> None:
    """Note the session that the shop has made with an answer."""
    cookie = named(cookies_of(reply), settings.session_cookie_name)
    if cookie is not None and _ID.fullmatch(cookie.value):
        leave(settings, cookie.value, traces)


def where(settings: Settings) -> str:
    """Say where the sessions are, without the login."""
    address = settings.session_store_url
    if address.is_files:
        return address.path
    by_tls = " by TLS" if address.uses_tls else ""
    if address.path:
        place = f"Redis at {address.path}"
    elif address.sentinel_master:
        place = f"The Redis that Sentinels name {address.sentinel_master}{by_tls}"
    else:
        [(host, port)] = address.hosts
        place = f"Redis at {host}:{port}{by_tls}"
    return f"{place}, database {address.database}"


def client(settings: Settings) -> redis.Redis:
    """Return a connection to Redis, to try what this user may do there."""
    return connect_redis(settings.session_store_url, settings.session_store_access)
