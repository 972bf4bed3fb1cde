"""Every setting of the service: environment variables `HANDOFF_…`, all checked at start.

Each can be read from a file as well: `HANDOFF_SECRET_KEY_FILE=/run/secrets/key`. Faults are
collected and reported together, by name, without the values.
"""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from handoff.addresses import BaseUrl, require_ascii, split_address
from handoff.entry.colours import Colour
from handoff.magento.stores import Store, Stores
from handoff.places import CookieSettings, Place
from handoff.session.address import SessionAccess, SessionAddress
from handoff.transfer.contract import InstructionCookie, InstructionHeader

PREFIX = "HANDOFF_"
# Settings that are checked against each other, and values for others while that is done.
_FITTING = {
    "public_url",
    "magento_url",
    "storefront_url",
    "session_cookie_domain",
    "session_cookie_samesite",
    "session_store",
    "session_store_ca_file",
    "session_store_cert_file",
    "sentinel_username",
    "sentinel_password",
    "stores",
    "magento_admin_username",
    "magento_admin_password",
}
_HARMLESS = {
    "api_keys": ("x" * 16,),
    "secret_key": "x" * 16,
    "session_store": "redis://127.0.0.1",
}
_WORDS = {
    "tuple_type": "has to be a JSON list",
    "too_short": "holds nothing",
    "extra_forbidden": "is no field that is known",
    "model_type": "has to be a JSON object",
}
_AN_HOUR = 3600  # seconds
DEFAULT_STORE = Store(currency="GBP", code="default", store_id=1, website_id=1, website_code="base")


class SettingsError(Exception):
    """The settings cannot be used; `faults` are sentences, one for each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


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
    SessionAddress.parse(value)
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


def _database_url(value: str) -> str:
    path = value.removeprefix("sqlite:///")
    if path in (value, "") or path.startswith((":", "?")):
        raise ValueError("has to be sqlite:///path, or sqlite:////absolute/path")
    return value


def _host(value: str) -> str:
    host = value.removeprefix("https://").removeprefix("http://").rstrip("/").lower()
    if not host or set(host) & set("/ ;,'\"*") or not host.isascii():
        raise ValueError("has to be a host, with a port where it is not the usual one")
    return host


def _web_url(value: str) -> str:
    parts = split_address(value)
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
    scheme = split_address(value).scheme.lower()
    if not scheme or scheme in ("javascript", "data", "vbscript", "file", "blob"):
        raise ValueError("has to be an https address or one of the app's own scheme")
    return value


UrlPath = Annotated[str, BeforeValidator(_path)]
Secret = Annotated[SecretStr, AfterValidator(_secret)]
Key = Annotated[SecretStr, AfterValidator(_key)]
Host = Annotated[str, AfterValidator(_host)]
Authorities = Annotated[str, AfterValidator(_authorities)]
# The environment holds text: lists are comma-separated, what has fields is JSON.
_Listed = (NoDecode, BeforeValidator(_split))
_Json = (NoDecode, BeforeValidator(_json))


class _Files(InitSettingsSource):
    """Settings named by `HANDOFF_…_FILE`; a file that cannot be read is a fault, not a blank."""

    def __init__(self, settings_cls: type[BaseSettings], environment: Mapping[str, str]) -> None:
        values: dict[str, Any] = {}
        faults: list[str] = []
        for field in settings_cls.model_fields:
            name = f"{PREFIX}{field.upper()}"
            file = environment.get(f"{name}_FILE")
            if not file:
                continue
            if environment.get(name):
                faults.append(f"{name} and {name}_FILE are both set; keep one.")
                continue
            try:
                values[field] = Path(file).read_text("utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                faults.append(f"{name}_FILE cannot be read: {type(error).__name__}.")
        if faults:
            raise SettingsError(faults)
        super().__init__(settings_cls, values)


class Settings(BaseSettings):
    """All settings, checked and frozen. `load_settings` is the way to make one."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True
    )

    public_url: BaseUrl
    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = 0
    magento_url: BaseUrl
    magento_host: Host | None = None
    magento_ca_file: Authorities | None = None
    storefront_url: BaseUrl = Field(default="", validate_default=False)
    api_keys: Annotated[tuple[Key, ...], *_Listed, Field(min_length=1)]
    key_in_path: bool = False
    direct_entry: bool = False
    paused: bool = False
    secret_key: Secret
    previous_secret_keys: Annotated[tuple[Secret, ...], *_Listed] = ()
    session_store: Annotated[SecretStr, BeforeValidator(_session_store)]
    session_store_ca_file: Authorities | None = None
    session_store_cert_file: Annotated[str, AfterValidator(_own_certificate)] | None = None
    sentinel_username: str | None = None
    sentinel_password: SecretStr | None = None
    database_url: Annotated[str, BeforeValidator(_database_url)] = "sqlite:///instance/handoff.db"
    session_cookie_name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")] = "PHPSESSID"
    session_cookie_domain: Annotated[str, AfterValidator(str.lower)] = ""
    session_cookie_path: UrlPath = "/"
    session_cookie_samesite: Literal["Lax", "Strict", "None"] = "Lax"
    session_cookie_lifetime: Annotated[
        int, Field(ge=0, le=31_536_000), AfterValidator(_cookie_lifetime)
    ] = 3600
    session_lifetime: Annotated[int, Field(ge=60, le=31_536_000)] | None = None
    checkout_hosts: Annotated[tuple[Host, ...], *_Listed] = ()
    instruction: Literal["url", "form"] = "url"
    instruction_cookies: Annotated[tuple[InstructionCookie, ...], *_Json] = ()
    instruction_headers: Annotated[tuple[InstructionHeader, ...], *_Json] = ()
    link_ttl: Annotated[int, Field(ge=10, le=86_400)] = 300
    reopen_grace: Annotated[int, Field(ge=0, le=3600)] = 60
    stores: Annotated[tuple[Store, ...], *_Json, Field(min_length=1)] = (DEFAULT_STORE,)
    customer_accounts: Literal["website", "global"] = "website"
    checkout_path: UrlPath = "/checkout/"
    ask_checkout: bool = True
    magento_timeout: Annotated[float, Field(gt=0, le=60)] = 8.0
    magento_access_token: SecretStr | None = None
    magento_admin_username: str | None = None
    magento_admin_password: SecretStr | None = None
    app_return_url: Annotated[str, BeforeValidator(_app_url)] | None = None
    shop_name: Annotated[str, Field(max_length=80)] | None = None
    shop_logo_url: Annotated[str, AfterValidator(_web_url)] | None = None
    shop_accent: Annotated[str, AfterValidator(_accent)] = "#1a4fd6"
    poq_script_url: Annotated[str, AfterValidator(_web_url)] | None = None
    poq_script_integrity: (
        Annotated[str, Field(pattern=r"^sha(256|384|512)-[A-Za-z0-9+/=]+$")] | None
    ) = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what a test passes, then the environment, then files; nothing else is read."""
        return init_settings, env_settings, _Files(settings_cls, os.environ)

    @model_validator(mode="after")
    def _fits_together(self) -> Settings:
        faults = [*self._place_faults(), *self._session_store_faults(), *self._store_faults()]
        if bool(self.magento_admin_username) != bool(self.magento_admin_password):
            faults.append(
                "HANDOFF_MAGENTO_ADMIN_USERNAME and _PASSWORD belong together; one is missing."
            )
        if faults:
            raise PydanticCustomError("unfit", "", {"faults": faults})
        return self

    def _place_faults(self) -> list[str]:
        # Store views that share their addresses share what is wrong with them.
        places: dict[tuple[object, ...], Place] = {}
        for place in map(self.place_of, self.stores):
            alike = (place.public_url, place.storefront_url, place.session_cookie)
            places.setdefault(alike, place)
        return [fault for place in places.values() for fault in place.faults()]

    def _session_store_faults(self) -> list[str]:
        address, faults = self.session_address, []
        for name in ("session_store_ca_file", "session_store_cert_file"):
            if getattr(self, name) and not address.tls:
                faults.append(
                    f"{PREFIX}{name.upper()} needs an address of HANDOFF_SESSION_STORE that begins "
                    "with rediss: without TLS it is of no use."
                )
        if self.sentinel_username and not self.sentinel_password:
            faults.append("HANDOFF_SENTINEL_USERNAME needs HANDOFF_SENTINEL_PASSWORD.")
        if self.sentinel_password and not address.service:
            faults.append(
                "HANDOFF_SENTINEL_PASSWORD is of no use: HANDOFF_SESSION_STORE names no Sentinel."
            )
        return faults

    def _store_faults(self) -> list[str]:
        faults = []
        codes = {store.code for store in self.stores}
        ids = {store.store_id for store in self.stores}
        if min(len(codes), len(ids)) < len(self.stores):
            faults.append("HANDOFF_STORES lists a code or a store_id twice.")
        websites = {(store.website_id, store.website_code) for store in self.stores}
        if len({number for number, _ in websites}) < len(websites):
            faults.append("HANDOFF_STORES has a website_id with two codes.")
        return faults

    @property
    def form_targets(self) -> tuple[str, ...]:
        """Origins that a posted form may be redirected to, for `form-action`."""
        shops = [self.place_of(store).storefront for store in self.stores]
        origins = [f"{shop.scheme}://{shop.netloc}" for shop in shops]
        origins += [f"{shops[0].scheme}://{host}" for host in self.checkout_hosts]
        return tuple(dict.fromkeys(origins))

    @property
    def session_address(self) -> SessionAddress:
        """Where the shop keeps its sessions; holds a password."""
        return SessionAddress.parse(self.session_store.get_secret_value())

    @property
    def session_access(self) -> SessionAccess:
        """What the session store asks for besides its address."""
        password = self.sentinel_password
        return SessionAccess(
            ca_file=self.session_store_ca_file,
            cert_file=self.session_store_cert_file,
            sentinel_username=self.sentinel_username,
            sentinel_password=password.get_secret_value() if password else None,
        )

    @property
    def new_session_lifetime(self) -> int:
        """Seconds that a new session lives in the store."""
        return self.session_lifetime or self.session_cookie_lifetime or _AN_HOUR

    @property
    def public_origins(self) -> frozenset[str]:
        """The origins of this service, on all hosts of the stores."""
        return frozenset(self.place_of(store).public_origin for store in self.stores)

    @property
    def public_paths(self) -> frozenset[str]:
        """The paths below which this service is reached, on whichever host."""
        return frozenset(self.place_of(store).public.path for store in self.stores)

    def place_of(self, store: Store) -> Place:
        """Return where a store view's shoppers are."""
        storefront_url = store.url or self.storefront_url or self.magento_url
        storefront = urlsplit(storefront_url)
        named_domain = store.cookie_domain or self.session_cookie_domain or None
        return Place(
            store=store.code,
            public_url=store.public_url or self.public_url,
            storefront_url=storefront_url,
            checkout_path=self.checkout_path,
            session_cookie=CookieSettings(
                name=self.session_cookie_name,
                domain=named_domain or storefront.hostname or "",
                named_domain=named_domain,
                path=self.session_cookie_path,
                samesite=self.session_cookie_samesite,
                lifetime=self.session_cookie_lifetime,
                secure=storefront.scheme == "https",
            ),
        )

    def place_of_code(self, code: str | None) -> Place:
        """Return the place of a store view by its code; of the first where it is not listed."""
        stores = self.store_views
        return self.place_of((stores.by_code(code) if code else None) or stores.first)

    def place_at(self, host: str) -> Place:
        """Return the place of the first store view whose links are on a host (and port).

        Where none is, that of the first store view.
        """
        places = [self.place_of(store) for store in self.stores]
        return next((place for place in places if place.public.netloc == host), places[0])

    @property
    def store_views(self) -> Stores:
        """The store views, to look one up by currency or number."""
        return Stores(self.stores, shared_accounts=self.customer_accounts == "global")


def load_settings(**values: Any) -> Settings:
    """Read the settings from the environment; keyword arguments come before it.

    Raises SettingsError with a sentence for every fault, none of which repeats a value.
    """
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingsError(_sentences(error, values)) from None


def _sentences(error: ValidationError, values: dict[str, Any]) -> list[str]:
    """Tell every fault: of the values, and of those that are good how they fit together."""
    if error.errors()[0]["type"] == "unfit":
        return list(error.errors()[0]["ctx"]["faults"])
    told = [_sentence(fault) for fault in error.errors()]
    broken = {str(fault["loc"][0]) for fault in error.errors()}
    if broken & _FITTING:
        return told
    harmless = {name: _HARMLESS.get(name, Settings.model_fields[name].default) for name in broken}
    try:
        Settings(**{**values, **harmless})
    except ValidationError as unfit:
        told += _sentences(unfit, {})
    return told


def unknown_names(environment: Mapping[str, str]) -> list[str]:
    """Return the `HANDOFF_…` names that are no setting: misspelt ones, most likely."""
    known = {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}
    known |= {f"{name}_FILE" for name in known}
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)


def _sentence(fault: Any) -> str:
    head, *rest = (str(part) for part in fault["loc"])
    name = f"{PREFIX}{head.upper()}" + (f" ({'.'.join(rest)})" if rest else "")
    if fault["type"] == "missing":
        return f"{name} is not set." if not rest else f"{name} is missing."
    words = _WORDS.get(fault["type"]) or str(fault["msg"]).removeprefix("Value error, ")
    return f"{name}: {words}."
