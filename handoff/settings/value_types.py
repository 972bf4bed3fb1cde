"""What single values of settings have to be, in words that never repeat a value."""

from __future__ import annotations

import json
import re
import ssl
from importlib.util import find_spec
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from handoff.entry.colours import Colour
from handoff.settings.session_store_url import SessionStoreUrl
from handoff.urls import require_ascii, split_url

_HOST_OF_DATABASE = re.compile(r"[A-Za-z0-9._:-]*")  # none where it is a parameter: ?host=/run/…


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise ValueError("is not JSON") from None


def _key(value: SecretStr) -> SecretStr:
    key = value.get_secret_value()
    if len(key) < 8 or not key.isascii() or not key.isprintable() or set(key) & set(" /?#%"):
        raise ValueError("has to be 8 or more printable characters, none of them space / ? # %")
    return value


def _secret(value: SecretStr) -> SecretStr:
    secret = value.get_secret_value()
    if len(secret) < 16 or "," in secret:  # a comma parts previous keys, which this one becomes
        raise ValueError("needs 16 characters or more, none of them a comma")
    return value


def _path(value: str) -> str:
    if not value.startswith("/") or value.startswith("//") or "\\" in value:
        raise ValueError("has to start with one '/'")
    if not value.isascii() or not value.isprintable() or set(value) & set(" ;"):
        raise ValueError("holds characters that no path has")
    return value


def _session_store(value: str) -> str:
    SessionStoreUrl.parse(value)
    return value


def _rate_limit_storage_url(value: SecretStr) -> SecretStr:
    url = SessionStoreUrl.parse(value.get_secret_value())
    if url.scheme not in ("redis", "rediss", "unix"):
        raise ValueError("has to start with redis://, rediss:// or unix:///")
    return value


def _authorities(value: str) -> str:
    try:
        ssl.create_default_context(cafile=value)
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        raise ValueError("has to be a file of certificates (PEM) that can be read") from None
    return value


def _own_certificate(value: str) -> str:
    try:
        # A password that is asked for would be waited for at the terminal.
        ssl.create_default_context().load_cert_chain(value, password="")
    except (OSError, ValueError):
        raise ValueError(
            "has to be a file with a certificate and its key, without a password (PEM)"
        ) from None
    return value


def _database_url(value: SecretStr) -> SecretStr:
    address = value.get_secret_value()
    path = address.removeprefix("sqlite:///")
    if address.startswith("postgresql+psycopg://"):
        _check_postgres(address)
    elif path in (address, "") or path.startswith((":", "?")):
        raise ValueError(
            "has to be sqlite:///path, sqlite:////absolute/path, or "
            "postgresql+psycopg://user:password@host/database"
        )
    return value


def _check_postgres(address: str) -> None:
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise ValueError("cannot be read as postgresql+psycopg://user:password@host/db") from None
    # What stands unescaped in a password is read as a host, which connecting would repeat.
    if not _HOST_OF_DATABASE.fullmatch(url.host or ""):
        raise ValueError("has a host that none has; in a password / is %2F and @ is %40")
    if not url.database:
        raise ValueError("names no database")
    if find_spec("psycopg") is None:
        raise ValueError("needs psycopg, which pip install 'handoff[postgres]' brings")


def _host(value: str) -> str:
    host = value.removeprefix("https://").removeprefix("http://").rstrip("/").lower()
    if not host or set(host) & set("/ ;,'\"*") or not host.isascii():
        raise ValueError("has to be a host, with a port where it is not the usual one")
    return host


def _web_url(value: str) -> str:
    parts = split_url(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or set(value) & set(" '\"<>"):
        raise ValueError("has to be an http(s) address")
    require_ascii(value)
    return value


def _cookie_lifetime(value: int) -> int:
    if 0 < value < 60:
        raise ValueError("has to be 0, until the browser ends, or 60 seconds and more")
    return value


def _accent(value: str) -> str:
    return str(Colour.parse(value))


def _app_url(value: str) -> str:
    scheme = split_url(value).scheme.lower()
    if not scheme or scheme in ("javascript", "data", "vbscript", "file", "blob"):
        raise ValueError("has to be an https address or one of the app's own scheme")
    return value


UrlPath = Annotated[str, BeforeValidator(_path)]
Secret = Annotated[SecretStr, AfterValidator(_secret)]
ApiKey = Annotated[SecretStr, AfterValidator(_key)]
Host = Annotated[str, AfterValidator(_host)]
WebUrl = Annotated[str, AfterValidator(_web_url)]
AppUrl = Annotated[str, BeforeValidator(_app_url)]
Accent = Annotated[str, AfterValidator(_accent)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_database_url)]
SessionStoreUrlText = Annotated[SecretStr, BeforeValidator(_session_store)]
RateLimitStorageUrl = Annotated[SecretStr, AfterValidator(_rate_limit_storage_url)]
Authorities = Annotated[str, AfterValidator(_authorities)]
OwnCertificate = Annotated[str, AfterValidator(_own_certificate)]
CookieLifetime = Annotated[int, Field(ge=0, le=31_536_000), AfterValidator(_cookie_lifetime)]

# The environment holds text: lists are comma-separated, what has fields is JSON.
COMMA_SEPARATED = (NoDecode, BeforeValidator(_split))
JSON = (NoDecode, BeforeValidator(_json))
