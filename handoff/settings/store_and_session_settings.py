"""The settings for the shop's store views, its session store and its session cookie."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from handoff.settings.group import DefaultText, SettingsGroup
from handoff.settings.store_view_models import StoreView
from handoff.settings.value_types import (
    COMMA_SEPARATED,
    JSON,
    CaFile,
    CertificateFile,
    CookieLifetime,
    SessionStoreKeyFile,
    SessionStoreText,
    StoredSessionKey,
    UrlPath,
    require_pattern,
)

_DEFAULT_STORE = StoreView(
    currency="GBP", code="default", store_id=1, website_id=1, website_code="base"
)


class StoreAndSessionSettings(SettingsGroup):
    """Stores and sessions"""

    stores: Annotated[
        tuple[StoreView, ...], *JSON, Field(min_length=1), DefaultText("store view 1, in GBP")
    ] = (_DEFAULT_STORE,)
    """A JSON list of the store views: see [Several stores](stores.md)."""

    customer_accounts: Literal["website", "global"] = "website"
    """How the shop shares customer accounts."""

    session_store: SessionStoreText
    """The shop's session store: see
    [Find the session store](go-live.md#2-find-the-session-store). Write `%2F` for `/` in user
    name and password. `storefront` if nobody but the shop can reach it."""

    stored_session_keys: Annotated[tuple[StoredSessionKey, ...], *COMMA_SEPARATED] = ()
    """Only with `storefront`: the keys under which session ids wait for their web view, separated
    by commas, the newest first: see
    [Storefront sessions](storefront-sessions.md)."""

    session_serializer: Literal["php", "php_serialize"] = "php"
    """The format of the shop's sessions: `session.serialize_handler` of the shop's PHP."""

    session_store_ca_file: Annotated[CaFile | None, DefaultText("the system's")] = None
    """A PEM file with the certificate authorities that Handoff trusts for Redis or the database."""

    session_store_cert_file: CertificateFile | None = None
    """A PEM file with Handoff's own certificate and key, if Redis or the database asks for one."""

    session_store_key_file: SessionStoreKeyFile | None = None
    """Required for `mysql://`: a file with the key that names the rows of the shop's session table,
    derived from the shop's crypt key. Only Handoff's user may read it: see
    [Sessions in the database](go-live.md#sessions-in-the-database)."""

    sentinel_username: str | None = None
    """Handoff's user name at the Sentinels."""

    sentinel_password: SecretStr | None = None
    """Handoff's password at the Sentinels."""

    session_cookie_name: Annotated[
        str, require_pattern(r"[A-Za-z0-9_-]{1,64}", "up to 64 letters, digits, _ and -")
    ] = "PHPSESSID"
    """The name of the shop's session cookie."""

    session_cookie_domain: Annotated[
        str, AfterValidator(str.lower), DefaultText("the shop's host")
    ] = ""
    """The domain of the shop's session cookie."""

    session_cookie_path: UrlPath = "/"
    """The path of the shop's session cookie."""

    session_cookie_samesite: Literal["Lax", "Strict", "None"] = "Lax"
    """The SameSite attribute of the shop's session cookie."""

    session_cookie_lifetime: CookieLifetime = 3600
    """Seconds that the cookie lives, as the shop has it. 0: until the browser closes. Otherwise at
    least 60."""

    session_lifetime: Annotated[
        Annotated[int, Field(ge=60, le=31_536_000)] | None,
        DefaultText("the cookie's lifetime, or `3600` if that is 0"),
    ] = None
    """Seconds that a new session lives in Redis. PHP decides how long files and rows live. With
    `storefront`: for how many seconds the shop keeps a new session at least, by default the `600`
    of Magento's own Redis handler."""
