"""The URL of the shop's session store, as `HANDOFF_SESSION_STORE` holds it.

    redis://user:password@host:6379/2                       one Redis; rediss:// by TLS
    unix://user:password@/run/redis.sock?db=2               one Redis by its socket
    redis+sentinel://user:password@a:26379,b:26379/name/2   the master that the Sentinels name
    file:///var/lib/php/sessions?owner=www-data             PHP's own files
    mysql://user:password@host:3306/shop?prefix=m2_         MariaDB or MySQL; mysqls:// by TLS
    mysql://user:password@/shop?socket=/run/mysqld.sock     the same by its socket
    storefront                                              none: the shop's pages make sessions

`valkey` may stand for `redis` in each of them. User, password, port and database are optional.
`rediss+sentinel://` uses TLS for both the Redis and the Sentinels. `prefix` is the prefix of
Magento's tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, Self
from urllib.parse import SplitResult, parse_qs, unquote

from handoff.url_validation import require_possible_host, split_url

STOREFRONT = "storefront"
"""The value in place of a URL if only the shop itself can reach its session store."""

_REDIS, _SENTINEL = ("redis", "rediss"), ("redis+sentinel", "rediss+sentinel")
_MYSQL = ("mysql", "mysqls")
_VALKEY = re.compile("^valkey(s?)(?=(\\+sentinel)?://)", re.IGNORECASE)
_REDIS_PORT, _SENTINEL_PORT, _MYSQL_PORT = 6379, 26379, 3306
_SCHEMA = re.compile("/([A-Za-z0-9_$-]{1,64})")
_TABLE_PREFIX = re.compile("[A-Za-z0-9_]{0,32}")
_DATABASE = re.compile("/?([0-9]{0,4})")
_SENTINEL_MASTER = re.compile("([A-Za-z0-9._-]+)(?:/([0-9]{0,4}))?")


@dataclass(frozen=True, slots=True)
class SessionStoreAccess:
    """The access data of a store besides its URL: certificate files (PEM) and a Sentinel login.

    `key_file` holds the session store key of a database. `serializer` is the format of the shop's
    PHP sessions, as in `session.serialize_handler`.
    """

    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    sentinel_username: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)
    serializer: Literal["php", "php_serialize"] = "php"


@dataclass(frozen=True, slots=True)
class SessionStoreUrl:
    """A parsed session store URL. Its `repr` leaves out the password.

    `path` is the folder of session files or the socket of a server. `hosts` are the server's host,
    or the Sentinels that know `sentinel_master`. Either `path` or `hosts` is empty. `schema` and
    `table` are the names in a MariaDB or MySQL.
    """

    scheme: str
    hosts: tuple[tuple[str, int], ...] = ()
    path: str = ""
    sentinel_master: str | None = None
    database: int = 0
    username: str | None = None
    password: str | None = None
    owner: str | None = None
    schema: str = ""
    table: str = ""

    @classmethod
    def parse(cls, value: str) -> Self:
        """Return the parsed URL. Raises ValueError, whose message repeats no part of it."""
        value = _VALKEY.sub(r"redis\1", value)  # Valkey speaks the protocol of Redis
        scheme = value.partition("://")[0].lower()
        if value.lower() == STOREFRONT:
            return cls(STOREFRONT)
        if scheme in _SENTINEL:
            return cls._parse_sentinels(scheme, value.partition("://")[2])
        parts = split_url(value)
        if scheme == "file":
            return cls._parse_files(parts)
        if scheme == "unix":
            return cls._parse_socket(parts)
        if scheme in _REDIS and parts.hostname:
            return cls._parse_server(parts)
        if scheme in _MYSQL:
            return cls._parse_mysql(parts)
        if scheme.startswith("memcache"):
            raise ValueError(
                "cannot be memcached: use Redis, Valkey, files or the database for the shop's "
                "sessions"
            )
        raise ValueError(
            "must start with redis://, rediss://, redis+sentinel://, unix:///, file:/// or "
            "mysql://, or be storefront"
        )

    @property
    def is_file_store(self) -> bool:
        """Whether the sessions are files of PHP's own handler."""
        return self.scheme == "file"

    @property
    def is_database(self) -> bool:
        """Whether the sessions are rows of a table in MariaDB or MySQL."""
        return self.scheme in _MYSQL

    @property
    def is_storefront(self) -> bool:
        """Whether there is no store to write to, and the shop's own pages make the sessions."""
        return self.scheme == STOREFRONT

    @property
    def has_tls(self) -> bool:
        """Whether the connection to the server uses TLS."""
        return self.scheme.startswith(("rediss", "mysqls"))

    @property
    def description(self) -> str:
        """The location of the store for people, without user name and password."""
        if self.is_storefront:
            return "the shop's own pages"
        if self.is_file_store:
            return self.path
        tls = " by TLS" if self.has_tls else ""
        if self.is_database:
            server = self.path or "{}:{}".format(*self.hosts[0])
            return f"Database server at {server}{tls}, table {self.schema}.{self.table}"
        if self.path:
            location = f"Redis at {self.path}"
        elif self.sentinel_master:
            location = f"Redis master {self.sentinel_master}, found by Sentinel{tls}"
        else:
            [(host, port)] = self.hosts
            location = f"Redis at {host}:{port}{tls}"
        return f"{location}, database {self.database}"

    def __repr__(self) -> str:
        return f"SessionStoreUrl(scheme={self.scheme!r})"

    @classmethod
    def _parse_files(cls, parts: SplitResult) -> Self:
        options = _read_options(parts, "owner")
        if parts.netloc or not parts.path.startswith("/") or options is None:
            raise ValueError("must look like file:///path or file:///path?owner=www-data")
        return cls(parts.scheme, path=unquote(parts.path), owner=options["owner"] or None)

    @classmethod
    def _parse_socket(cls, parts: SplitResult) -> Self:
        options = _read_options(parts, "db")
        database = _DATABASE.fullmatch(options["db"]) if options else None
        if parts.hostname or not parts.path.startswith("/") or not database:
            raise ValueError("must look like unix:///run/redis.sock or …sock?db=2")
        return cls(
            parts.scheme,
            path=unquote(parts.path),
            database=int(database[1] or 0),
            username=_unquote_optional(parts.username),
            password=_unquote_optional(parts.password),
        )

    @classmethod
    def _parse_server(cls, parts: SplitResult) -> Self:
        database = _DATABASE.fullmatch(parts.path)
        if parts.query or parts.fragment or not database:
            raise ValueError("must end with the number of the database: redis://host:6379/2")
        require_possible_host(parts.hostname or "")
        return cls(
            parts.scheme,
            hosts=((parts.hostname or "", parts.port or _REDIS_PORT),),
            database=int(database[1] or 0),
            username=_unquote_optional(parts.username),
            password=_unquote_optional(parts.password),
        )

    @classmethod
    def _parse_mysql(cls, parts: SplitResult) -> Self:
        schema = _SCHEMA.fullmatch(unquote(parts.path))
        options = _read_options(parts, "prefix", "socket")
        if not schema or not options or options["socket"][:1] != ("" if parts.hostname else "/"):
            raise ValueError(
                "must look like mysql://user:password@host/database?prefix=m2_, or "
                "mysql://user:password@/database?socket=/run/mysqld/mysqld.sock"
            )
        if not _TABLE_PREFIX.fullmatch(options["prefix"]):
            raise ValueError("has a prefix of tables with other characters than letters, digits, _")
        if parts.hostname:
            require_possible_host(parts.hostname)
        return cls(
            parts.scheme,
            hosts=((parts.hostname, parts.port or _MYSQL_PORT),) if parts.hostname else (),
            path=options["socket"],
            username=_unquote_optional(parts.username),
            password=_unquote_optional(parts.password),
            schema=schema[1],
            table=f"{options['prefix']}session",
        )

    @classmethod
    def _parse_sentinels(cls, scheme: str, rest: str) -> Self:
        authority, _, path = rest.partition("/")
        login, at, hosts = authority.rpartition("@")
        user = split_url(f"redis://{login}{at}")
        servers = [split_url(f"redis://{host}") for host in hosts.split(",")]
        master = _SENTINEL_MASTER.fullmatch(path)
        are_plain = all(server.hostname and not server.query for server in servers)
        if not master or not are_plain:
            raise ValueError(
                "must look like redis+sentinel://host:26379,host:26379/name-of-the-master/2"
            )
        for server in servers:
            require_possible_host(server.hostname or "")
        return cls(
            scheme,
            hosts=tuple(
                (server.hostname or "", server.port or _SENTINEL_PORT) for server in servers
            ),
            sentinel_master=master[1],
            database=int(master[2] or 0),
            username=_unquote_optional(user.username),
            password=_unquote_optional(user.password),
        )


def _unquote_optional(text: str | None) -> str | None:
    return unquote(text) if text else None


def _read_options(parts: SplitResult, *names: str) -> dict[str, str] | None:
    """Return the values of the options that the URL may have; None if it has another option.

    The value of an absent option is the empty string.
    """
    options = parse_qs(parts.query, keep_blank_values=True)
    if set(options) - set(names) or parts.fragment:
        return None
    return {name: options.get(name, [""])[0] for name in names}
