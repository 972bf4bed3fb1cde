"""Session stores: their protocol, PHP's own store in files, and writing a session into a store."""

from __future__ import annotations

import os
import pwd
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from handoff.deadline import Deadline, replace_request_deadline
from handoff.settings.session_store_url import SessionStoreAccess, SessionStoreUrl
from handoff.shop_session.session_contents import (
    SessionContents,
    SessionSerializer,
    build_entries,
    serialize_session,
)

DEFAULT_TIMEOUT = 2.0
"""Seconds that a session store may take to answer while a shopper waits."""

MAX_WAIT = 6.0
"""Seconds for a session: two attempts of a Redis, each with a new connection."""

_RESERVE = 0.5  # seconds for a session that is written after the request's deadline

# PHP's own ids have 26 characters of 5 bits, which makes 130 bits. 32 characters divide the 256
# values of a byte evenly, so `byte % 32` has no bias.
_ID_CHARACTERS = "0123456789abcdefghijklmnopqrstuv"
_ID_LENGTH = 26

SESSION_ID = re.compile("[A-Za-z0-9,-]{1,256}")
"""The id of a session. The shop may have chosen it, and it must not lead to another folder."""


class SessionStoreError(Exception):
    """The session store refused a session; the message holds no address and no secret."""


class SessionStore(Protocol):
    """The store where the shop keeps its web sessions, in the format of its PHP.

    A store that is a server raises SessionStoreError at the request's deadline.
    """

    @property
    def serializer(self) -> SessionSerializer:
        """The format in which PHP reads sessions."""

    def add(self, session_id: str, data: bytes, *, lifetime: int | None = None) -> None:
        """Store a new session, or raise SessionStoreError.

        `lifetime` is in seconds and replaces the lifetime that the store was opened with.
        """

    def remove(self, session_id: str) -> None:
        """Remove a session that no shopper has, unless it soon ends by itself. Never raises."""

    def read(self, session_id: str) -> bytes | None:
        """Return the data of a session, or None if there is none.

        Raises SessionStoreError, also if Handoff may write sessions but not read them.
        """

    def check_writable(self) -> None:
        """Store an empty session and delete it at once, or raise SessionStoreError."""


class FileSessionStore:
    """Writes `sess_<id>` files into PHP's save path, for `session.save_handler=files`.

    PHP refuses a file that another user owns. So the service must run as PHP's user, or have
    the right to change the owner of each file to `owner`.
    """

    def __init__(
        self, path: str, *, owner: str | None = None, serializer: SessionSerializer = "php"
    ) -> None:
        self.serializer: SessionSerializer = serializer
        self._folder = Path(path)
        self._owner = owner

    def add(self, session_id: str, data: bytes, *, lifetime: int | None = None) -> None:
        """Create the session's file. `lifetime` has no effect: PHP's own cleanup removes files."""
        file = self._folder / f"sess_{session_id}"
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise SessionStoreError(type(error).__name__) from None
        try:
            with os.fdopen(descriptor, "wb") as stream:
                if self._owner is not None:
                    user = pwd.getpwnam(self._owner)
                    os.fchown(stream.fileno(), user.pw_uid, user.pw_gid)
                stream.write(data)
        except (OSError, KeyError) as error:
            file.unlink(missing_ok=True)
            raise SessionStoreError(type(error).__name__) from None

    def remove(self, session_id: str) -> None:
        """Remove a session's file, which PHP's own cleanup would leave for a long time.

        The service may have no right to remove a file of PHP's user. Then that cleanup does it.
        """
        if SESSION_ID.fullmatch(session_id):
            with suppress(OSError):
                (self._folder / f"sess_{session_id}").unlink()

    def read(self, session_id: str) -> bytes | None:
        """Return the content of the session's file, or None if there is no such file."""
        if not SESSION_ID.fullmatch(session_id):
            return None
        try:
            return (self._folder / f"sess_{session_id}").read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SessionStoreError(type(error).__name__) from None

    def check_writable(self) -> None:
        """Create a session file that belongs to no shopper, and remove it."""
        session_id = generate_session_id()
        self.add(session_id, b"_|N;")  # not empty, so that a full disk is noticed
        self.remove(session_id)


def generate_session_id() -> str:
    """Return a random session id. It is a credential."""
    characters = (_ID_CHARACTERS[byte % 32] for byte in secrets.token_bytes(_ID_LENGTH))
    return "".join(characters)


def create_session(
    store: SessionStore,
    contents: SessionContents,
    *,
    lifetime: int | None = None,
    timeout: float = MAX_WAIT,
) -> str:
    """Write a new session and return its id, a credential.

    `timeout` is in seconds, and covers all that a server is asked for: the lookup of its name,
    several Sentinels, a retry. The request's deadline may end it earlier. Raises SessionStoreError.
    """
    session_id = generate_session_id()
    data = serialize_session(build_entries(contents), store.serializer)
    with replace_request_deadline(max(_RESERVE, Deadline.within_request(timeout).remaining)):
        store.add(session_id, data, lifetime=lifetime)
    return session_id


def open_session_store(
    url: SessionStoreUrl,
    access: SessionStoreAccess,
    *,
    lifetime: int,
    timeout: float = DEFAULT_TIMEOUT,
) -> SessionStore:
    """Return the session store at a URL. It connects to nothing before the first write.

    `lifetime` is how many seconds a session lives, `timeout` how many seconds the store may take
    to answer; one retry may double that.
    """
    # These modules need SessionStoreError, so this module cannot import them at its top.
    from handoff.shop_session.redis_client import build_redis_client
    from handoff.shop_session.redis_store import RedisSessionStore

    if url.is_file_store:
        return FileSessionStore(url.path, owner=url.owner, serializer=access.serializer)
    if url.is_database:
        from handoff.shop_session.database_store import open_database_store  # PyMySQL is optional

        return open_database_store(url, access, timeout=timeout)
    client = build_redis_client(url, access, timeout=timeout)
    return RedisSessionStore(client, lifetime=lifetime, serializer=access.serializer)
