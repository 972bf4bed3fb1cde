"""Where the shop keeps its sessions, as `HANDOFF_SESSION_STORE` says it.

    redis://user:password@host:6379/2                       one Redis; rediss:// by TLS
    unix://user:password@/run/redis.sock?db=2               the same by its socket
    redis+sentinel://user:password@a:26379,b:26379/name/2   whichever Redis the Sentinels name
    file:///var/lib/php/sessions?owner=www-data             PHP's own files

User, password, port and database may be absent; with `rediss+sentinel://` Redis and Sentinels
are both reached by TLS.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import SplitResult, parse_qs, unquote

from handoff.urls import split_url

_REDIS, _SENTINEL = ("redis", "rediss"), ("redis+sentinel", "rediss+sentinel")
_REDIS_PORT, _SENTINEL_PORT = 6379, 26379
_DATABASE = re.compile("/?([0-9]{0,4})")
_SENTINEL_MASTER = re.compile("([A-Za-z0-9._-]+)(?:/([0-9]{0,4}))?")


@dataclass(frozen=True, slots=True)
class SessionStoreAccess:
    """What a Redis asks for besides its address; files (PEM) by their paths."""

    ca_file: str | None = None
    cert_file: str | None = None
    sentinel_username: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SessionStoreUrl:
    """An address, taken apart. `repr` leaves the password out.

    `path` is the folder of files or Redis's socket; `hosts` are Redis's own, or the Sentinels
    of `sentinel_master`. One of the two is empty.
    """

    scheme: str
    hosts: tuple[tuple[str, int], ...] = ()
    path: str = ""
    sentinel_master: str | None = None
    database: int = 0
    username: str | None = None
    password: str | None = None
    owner: str | None = None

    @classmethod
    def parse(cls, value: str) -> Self:
        """Read an address; a fault is a ValueError whose words repeat nothing of it."""
        scheme = value.partition("://")[0].lower()
        if scheme in _SENTINEL:
            return cls._sentinels(scheme, value.partition("://")[2])
        parts = split_url(value)
        if scheme == "file":
            return cls._files(parts)
        if scheme == "unix":
            return cls._socket(parts)
        if scheme in _REDIS and parts.hostname:
            return cls._server(parts)
        raise ValueError(
            "has to start with redis://, rediss://, redis+sentinel://, unix:/// or file:///"
        )

    @property
    def is_files(self) -> bool:
        """Whether the sessions are PHP's own files."""
        return self.scheme == "file"

    @property
    def uses_tls(self) -> bool:
        """Whether Redis is reached by TLS."""
        return self.scheme.startswith("rediss")

    def __repr__(self) -> str:
        return f"SessionAddress(scheme={self.scheme!r})"

    @classmethod
    def _files(cls, parts: SplitResult) -> Self:
        query = _query(parts, "owner")
        if parts.netloc or not parts.path.startswith("/") or query is None:
            raise ValueError("has to look like file:///path or file:///path?owner=www-data")
        return cls(parts.scheme, path=unquote(parts.path), owner=query or None)

    @classmethod
    def _socket(cls, parts: SplitResult) -> Self:
        query = _query(parts, "db")
        database = _DATABASE.fullmatch(query or "")
        if parts.hostname or not parts.path.startswith("/") or query is None or not database:
            raise ValueError("has to look like unix:///run/redis.sock or …sock?db=2")
        return cls(
            parts.scheme,
            path=unquote(parts.path),
            database=int(database[1] or 0),
            username=_plain(parts.username),
            password=_plain(parts.password),
        )

    @classmethod
    def _server(cls, parts: SplitResult) -> Self:
        database = _DATABASE.fullmatch(parts.path)
        if parts.query or parts.fragment or not database:
            raise ValueError("has to end with the number of the database: redis://host:6379/2")
        return cls(
            parts.scheme,
            hosts=((parts.hostname or "", parts.port or _REDIS_PORT),),
            database=int(database[1] or 0),
            username=_plain(parts.username),
            password=_plain(parts.password),
        )

    @classmethod
    def _sentinels(cls, scheme: str, rest: str) -> Self:
        authority, _, path = rest.partition("/")
        login, at, hosts = authority.rpartition("@")
        user = split_url(f"redis://{login}{at}")
        servers = [split_url(f"redis://{host}") for host in hosts.split(",")]
        master = _SENTINEL_MASTER.fullmatch(path)
        is_plain = all(each.hostname and not each.query for each in servers)
        if not master or not is_plain:
            raise ValueError(
                "has to look like redis+sentinel://host:26379,host:26379/name-of-the-master/2"
            )
        return cls(
            scheme,
            hosts=tuple((each.hostname or "", each.port or _SENTINEL_PORT) for each in servers),
            sentinel_master=master[1],
            database=int(master[2] or 0),
            username=_plain(user.username),
            password=_plain(user.password),
        )


def _plain(text: str | None) -> str | None:
    return unquote(text) if text else None


def _query(parts: SplitResult, name: str) -> str | None:
    """Return the one option that there may be, `""` where there is none, None for others."""
    options = parse_qs(parts.query, keep_blank_values=True)
    if set(options) - {name} or parts.fragment:
        return None
    return options.get(name, [""])[0]
