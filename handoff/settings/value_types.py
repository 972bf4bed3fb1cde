"""The types of single settings. Their messages describe valid values and never repeat the value."""

from __future__ import annotations

import base64
import json
import re
import ssl
import stat
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from handoff.settings.session_store_url import SessionStoreUrl
from handoff.url_validation import is_loopback, require_possible_host, split_url, split_web_url

_Credential = TypeVar("_Credential", str, SecretStr)

_SESSION_STORE_KEY = re.compile(rb"[0-9a-f]{128}")
_COLOUR = re.compile("#(?:[0-9A-Fa-f]{3}){1,2}")
# The host may be empty, since a PostgreSQL URL can have it as a parameter: ?host=/run/…
_DATABASE_HOST = re.compile(r"[A-Za-z0-9._:-]*")


def _split_commas(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _parse_json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise ValueError("is not JSON") from None


def _check_secret(value: SecretStr) -> SecretStr:
    secret = value.get_secret_value()
    # HANDOFF_PREVIOUS_SECRET_KEYS is comma-separated, and this key moves there at a rotation.
    if len(secret) < 16 or "," in secret:
        raise ValueError("must have 16 or more characters, none of them a comma")
    return value


def _check_shop_credential(value: _Credential) -> _Credential:
    text = value if isinstance(value, str) else value.get_secret_value()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("must have printable ASCII characters only, and no blanks")
    return value


def _check_path(value: str) -> str:
    if not value.startswith("/") or value.startswith("//") or "\\" in value:
        raise ValueError("must start with one '/'")
    if len(value) > 200:
        raise ValueError("must have 200 characters or fewer")
    if not value.isascii() or not value.isprintable() or set(value) & set(" ;"):
        raise ValueError("has characters that a path cannot have")
    return value


def _check_session_store_url(value: str) -> str:
    if SessionStoreUrl.parse(value).is_database and find_spec("pymysql") is None:
        raise ValueError("needs PyMySQL: pip install 'handoff[mysql]'")
    return value


def _check_session_store_key_file(value: str) -> str:
    try:
        mode, text = Path(value).stat().st_mode, Path(value).read_bytes().strip()
    except OSError as error:
        raise ValueError(f"cannot be read: {type(error).__name__}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ValueError("must be for its owner alone: chmod 400")
    if not _SESSION_STORE_KEY.fullmatch(text):
        raise ValueError(
            "must hold the 128 characters that docs/deploy/derive-session-store-key.php prints on "
            "the shop's host. It must not hold the crypt key itself"
        )
    return value


def _check_rate_limit_storage_url(value: SecretStr) -> SecretStr:
    url = SessionStoreUrl.parse(value.get_secret_value())
    if url.scheme not in ("redis", "rediss", "unix"):
        raise ValueError("must start with redis://, rediss:// or unix:///")
    return value


def _check_ca_file(value: str) -> str:
    try:
        ssl.create_default_context(cafile=value)
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        raise ValueError("must be a readable file of certificates (PEM)") from None
    return value


def _check_certificate_file(value: str) -> str:
    try:
        # Without `password`, OpenSSL would ask for one at the terminal and wait.
        ssl.create_default_context().load_cert_chain(value, password="")
    except (OSError, ValueError):
        raise ValueError(
            "must be a file with a certificate and its key, without a password (PEM)"
        ) from None
    return value


def _check_database_url(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    path = url.removeprefix("sqlite:///")
    if url.startswith("postgresql+psycopg://"):
        _check_postgres_url(url)
    elif path in (url, "") or path.startswith((":", "?")):
        raise ValueError(
            "must be sqlite:///path, sqlite:////absolute/path, or "
            "postgresql+psycopg://user:password@host/database"
        )
    return value


def _check_postgres_url(text: str) -> None:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError("must look like postgresql+psycopg://user:password@host/db") from None
    # An unescaped password ends up in the host, and the error of connecting would repeat it.
    if not _DATABASE_HOST.fullmatch(url.host or ""):
        raise ValueError("has an invalid host; in a password, / is %2F and @ is %40")
    if url.host:
        require_possible_host(url.host)
    if url.port is not None and not 0 < url.port < 65_536:
        raise ValueError("has a port that is not between 1 and 65535")
    if not url.database:
        raise ValueError("has no database name")
    if find_spec("psycopg") is None:
        raise ValueError("needs psycopg: pip install 'handoff[postgres]'")


def _normalize_host(value: str) -> str:
    host = value.removeprefix("https://").removeprefix("http://").rstrip("/").lower()
    parts = split_url(f"//{host}")
    if not parts.hostname or parts.netloc != host or "@" in host:
        raise ValueError("must be a host, with its port if that is not the default")
    require_possible_host(parts.hostname)
    return host


def _check_web_url(value: str) -> str:
    split_web_url(value)
    return value


def _check_cookie_lifetime(value: int) -> int:
    if 0 < value < 60:
        raise ValueError("must be 60 seconds or more, or 0 for a cookie without an expiry")
    return value


def _check_colour(value: str) -> str:
    if not _COLOUR.fullmatch(value):
        raise ValueError("must look like #1a4fd6")
    return value


def _check_app_url(value: str) -> str:
    scheme = split_url(value).scheme.lower()
    if not scheme or scheme in ("javascript", "data", "vbscript", "file", "blob"):
        raise ValueError("must be an https URL, or a URL with the app's own scheme")
    if scheme in ("http", "https"):
        split_web_url(value.partition("#")[0])  # an app may read the fragment
    return value


def _check_app_style(value: str) -> str:
    if value == "true":
        return value
    return _check_path(value) if value.startswith("/") else _check_web_url(value)


def _check_webhook_url(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if split_url(text).scheme not in ("http", "https"):
        raise ValueError("must be an https URL")
    parts = split_web_url(text)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("must be https, except on this machine")
    if "whsec_" in text:
        raise ValueError("must not hold a secret, which belongs into HANDOFF_WEBHOOK_SECRET")
    return value


def _check_stored_session_key(value: SecretStr) -> SecretStr:
    try:
        key = base64.b64decode(value.get_secret_value(), altchars=b"-_", validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ValueError("must be 32 random bytes in URL-safe base64")
    return value


def _check_page_texts(value: str) -> str:
    # Few shops need it, and babel takes its time.
    from handoff.page_text_overrides import check_page_texts

    return check_page_texts(value)


def require_pattern(pattern: str, words: str) -> AfterValidator:
    """Return a validator that accepts texts of a pattern; `words` describe them for a person."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"must be {words}")
        return value

    return AfterValidator(check)


ShopKey = Annotated[str, AfterValidator(_check_shop_credential)]
ShopSecret = Annotated[SecretStr, AfterValidator(_check_shop_credential)]
UrlPath = Annotated[str, BeforeValidator(_check_path)]
Secret = Annotated[SecretStr, AfterValidator(_check_secret)]
Host = Annotated[str, AfterValidator(_normalize_host)]
WebUrl = Annotated[str, AfterValidator(_check_web_url)]
AppUrl = Annotated[str, BeforeValidator(_check_app_url)]
AppStyle = Annotated[str, AfterValidator(_check_app_style)]
HexColour = Annotated[str, AfterValidator(_check_colour)]
WebhookUrl = Annotated[SecretStr, AfterValidator(_check_webhook_url)]
StoredSessionKey = Annotated[SecretStr, AfterValidator(_check_stored_session_key)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_check_database_url)]
RateLimitStorageUrl = Annotated[SecretStr, AfterValidator(_check_rate_limit_storage_url)]
SessionStoreText = Annotated[SecretStr, BeforeValidator(_check_session_store_url)]
SessionStoreKeyFile = Annotated[str, AfterValidator(_check_session_store_key_file)]
PageTextsFolder = Annotated[str, AfterValidator(_check_page_texts)]
CaFile = Annotated[str, AfterValidator(_check_ca_file)]
CertificateFile = Annotated[str, AfterValidator(_check_certificate_file)]
CookieLifetime = Annotated[int, Field(ge=0, le=31_536_000), AfterValidator(_check_cookie_lifetime)]

# An environment variable holds text: lists are comma-separated, objects are JSON.
COMMA_SEPARATED = (NoDecode, BeforeValidator(_split_commas))
JSON = (NoDecode, BeforeValidator(_parse_json))
