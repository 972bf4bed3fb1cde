"""Translates the section `session` of env.php into settings of Handoff."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from handoff.installation.shop_config_files import ShopConfiguration
from handoff.settings.session_store_url import SessionStoreUrl
from handoff.url_validation import split_url

_PHP_FOLDERS = (Path("/var/lib/php/sessions"), Path("/var/lib/php/session"))
_STOREFRONT_WAY = (
    "Or let the shop's own pages make the sessions, for bags only: --session-store storefront"
)
_IN_DATABASE = (
    "The shop keeps its sessions in its database (save => db). To write there, Handoff needs a "
    "database user, and a key that is derived from the shop's crypt key. docs/go-live.md has the "
    "steps. Then give --session-store mysql://…\n" + _STOREFRONT_WAY
)
_DEFAULT_REDIS_USER = "default"
_LIFETIME, _MIN_LIFETIME, _MAX_LIFETIME = 3600, 60, 2_592_000  # seconds, as in Magento


class SessionStoreNotSupported(Exception):
    """The shop keeps its sessions in a store that `handoff init` cannot set up."""


@dataclass(frozen=True, slots=True)
class RedisLogin:
    """A user name and a password for Redis."""

    username: str = ""
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        """Return both as they stand in a URL, followed by `@`, or an empty text."""
        if not self.username and not self.password:
            return ""
        password = quote(self.password, safe="", errors="surrogateescape")
        return f"{quote(self.username, safe='')}:{password}@"


@dataclass(frozen=True, slots=True)
class SessionStorePlan:
    """The place of the shop's sessions. `url` has `{login}` in the place of the login.

    `url` is empty if the folder of session files is not known. `folder` and `owner` are set for
    session files only.
    """

    url: str
    login: RedisLogin = field(default_factory=RedisLogin)
    folder: str = ""
    owner: str = ""
    sentinel_password: str = field(default="", repr=False)

    def parse_url(self) -> SessionStoreUrl:
        """Return the URL with the shop's own login. Raises ValueError if it is not valid."""
        return SessionStoreUrl.parse(self.build_url())

    @property
    def is_redis_of_shop(self) -> bool:
        """Whether env.php names a Redis, so that its login is known."""
        return "{login}" in self.url

    def build_url(self, login: RedisLogin | None = None) -> str:
        """Return HANDOFF_SESSION_STORE with this login, by default the shop's own."""
        return self.url.replace("{login}", str(login or self.login))

    def find_own_login(self, session_store_url: str) -> RedisLogin | None:
        """Return the login in this URL if it is of the shop's Redis, and a user of Handoff's own.

        A URL without a user name has the shop's login, perhaps an old one.
        """
        if not self.is_redis_of_shop:
            return None
        try:
            url = SessionStoreUrl.parse(session_store_url)
        except ValueError:
            return None
        if not url.username or url.username in (self.login.username, _DEFAULT_REDIS_USER):
            return None
        login = RedisLogin(url.username, url.password or "")
        return login if SessionStoreUrl.parse(self.build_url(login)) == url else None


def plan_session_store(configuration: ShopConfiguration) -> SessionStorePlan:
    """Return where the shop keeps its sessions. Raises SessionStoreNotSupported."""
    try:
        plan = _plan_from_session_section(configuration)
        if plan.url:
            plan.parse_url()
        plan.sentinel_password.encode()
    except UnicodeError:
        reason = "it has a text that is not UTF-8"
    except ValueError as error:
        reason = f"as HANDOFF_SESSION_STORE it {error}"
    else:
        return plan
    raise SessionStoreNotSupported(
        f"The section `session` of env.php cannot be used: {reason}. Give --session-store."
    )


def _plan_from_session_section(configuration: ShopConfiguration) -> SessionStorePlan:
    session = configuration.session
    handler = str(session.get("save") or "files").lower()
    if handler == "redis":
        return _plan_redis(session.get("redis"))
    if handler in ("files", "valkey"):  # Magento knows no handler `valkey` and writes files
        return _plan_files(str(session.get("save_path") or ""), configuration.owner)
    if handler == "db":
        raise SessionStoreNotSupported(_IN_DATABASE)
    raise SessionStoreNotSupported(
        f"The shop keeps its sessions in {handler!r}. Handoff writes to Redis, Valkey, files and "
        f"the database.\n{_STOREFRONT_WAY}"
    )


def plan_session_store_from_url(url: str) -> SessionStorePlan:
    """Return the place that HANDOFF_SESSION_STORE names. Raises SessionStoreNotSupported."""
    try:
        parsed = SessionStoreUrl.parse(url)
    except ValueError as error:
        raise SessionStoreNotSupported(f"--session-store {error}.") from None
    if not parsed.is_file_store:
        return SessionStorePlan(url)
    return SessionStorePlan(url, folder=parsed.path, owner=parsed.owner or "")


def compute_session_lifetime(configuration: ShopConfiguration, cookie_lifetime: int) -> int | None:
    """Return HANDOFF_SESSION_LIFETIME, or None if a session lives as long as its cookie."""
    redis = configuration.session.get("redis")
    if configuration.session.get("save") != "redis" or not isinstance(redis, dict):
        return None
    usual = cookie_lifetime or _LIFETIME
    shortest = _read_number(redis.get("min_lifetime"), _MIN_LIFETIME)
    longest = _read_number(redis.get("max_lifetime"), _MAX_LIFETIME)
    lifetime = min(max(usual, shortest), longest)
    return None if lifetime == usual else lifetime


def _plan_redis(options: object) -> SessionStorePlan:
    redis = options if isinstance(options, dict) else {}
    login = RedisLogin(_read_text(redis, "username"), _read_text(redis, "password"))
    database = _read_number(redis.get("database"), 0)
    host = _read_text(redis, "host") or "127.0.0.1"
    port = _read_number(redis.get("port"), 6379)
    sentinels = _read_text(redis, "sentinel_servers")
    if sentinels:
        master = _read_text(redis, "sentinel_master")
        servers = ",".join(_remove_scheme(text) for text in sentinels.split(",") if text.strip())
        return SessionStorePlan(
            f"redis+sentinel://{{login}}{servers}/{master}/{database}",
            login,
            sentinel_password=_read_text(redis, "sentinel_password"),
        )
    if host.startswith(("/", "unix://")):
        path = quote(host.removeprefix("unix://"))
        return SessionStorePlan(f"unix://{{login}}{path}?db={database}", login)
    scheme = "rediss" if host.startswith(("tls://", "ssl://")) else "redis"
    address = split_url(host if "://" in host else f"tcp://{_bracket_ipv6(host)}")
    name = _bracket_ipv6(address.hostname or "127.0.0.1")
    return SessionStorePlan(f"{scheme}://{{login}}{name}:{address.port or port}/{database}", login)


def _plan_files(save_path: str, owner: str | None) -> SessionStorePlan:
    """Return the plan for session files.

    Raises SessionStoreNotSupported for nested folders, which `save_path` writes as `2;/folder`,
    and if the owner has no name on this machine.
    """
    if ";" in save_path:
        raise SessionStoreNotSupported(
            "The shop keeps its session files in nested folders (a number and `;` in save_path). "
            "Handoff writes to one folder only."
        )
    if owner and owner.isdecimal():
        raise SessionStoreNotSupported(
            f"The shop's files belong to the user number {owner}, which has no name on this "
            f"machine. Create a user with this number, and run this again.\n{_STOREFRONT_WAY}"
        )
    folder = save_path or next((str(path) for path in _PHP_FOLDERS if path.is_dir()), "")
    user = owner or "www-data"
    url = f"file://{quote(folder)}?owner={user}" if folder else ""
    return SessionStorePlan(url, folder=folder, owner=user)


def _remove_scheme(text: str) -> str:
    return text.strip().partition("://")[2] or text.strip()


def _bracket_ipv6(host: str) -> str:
    return f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host


def _read_text(values: dict[str, object], name: str) -> str:
    value = values.get(name)
    return str(value) if isinstance(value, str | int | float) else ""


def _read_number(value: object, default: int) -> int:
    try:
        return int(str(value))
    except ValueError:
        return default
