"""The settings themselves: what there is, what holds where nothing is said, what fits together."""

from __future__ import annotations

import os
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from handoff.instruction import InstructionCookie, InstructionHeader
from handoff.settings.errors import PREFIX
from handoff.settings.file_source import FileSettingsSource
from handoff.settings.session_store_url import SessionStoreAccess, SessionStoreUrl
from handoff.settings.store_sites import SessionCookieSettings, StoreSite, StoreSites
from handoff.settings.store_views import StoreView, StoreViews
from handoff.settings.value_types import (
    COMMA_SEPARATED,
    JSON,
    Accent,
    ApiKey,
    AppUrl,
    Authorities,
    CookieLifetime,
    DatabaseUrl,
    Host,
    OwnCertificate,
    RateLimitStorageUrl,
    Secret,
    SessionStoreUrlText,
    UrlPath,
    WebUrl,
)
from handoff.urls import BaseUrl

_AN_HOUR = 3600  # seconds
DEFAULT_STORE = StoreView(
    currency="GBP", code="default", store_id=1, website_id=1, website_code="base"
)


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
    api_keys: Annotated[tuple[ApiKey, ...], *COMMA_SEPARATED, Field(min_length=1)]
    key_in_path: bool = False
    direct_entry: bool = False
    paused: bool = False
    secret_key: Secret
    previous_secret_keys: Annotated[tuple[Secret, ...], *COMMA_SEPARATED] = ()
    session_store: SessionStoreUrlText
    session_store_ca_file: Authorities | None = None
    session_store_cert_file: OwnCertificate | None = None
    sentinel_username: str | None = None
    sentinel_password: SecretStr | None = None
    rate_limit_storage_url: RateLimitStorageUrl | None = None
    transfers_per_minute: Annotated[int, Field(ge=0)] = 3000
    refusals_per_minute: Annotated[int, Field(ge=0)] = 60
    metrics: bool = False
    database_url: DatabaseUrl = SecretStr("sqlite:///instance/handoff.db")
    session_cookie_name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")] = "PHPSESSID"
    session_cookie_domain: Annotated[str, AfterValidator(str.lower)] = ""
    session_cookie_path: UrlPath = "/"
    session_cookie_samesite: Literal["Lax", "Strict", "None"] = "Lax"
    session_cookie_lifetime: CookieLifetime = 3600
    session_lifetime: Annotated[int, Field(ge=60, le=31_536_000)] | None = None
    checkout_hosts: Annotated[tuple[Host, ...], *COMMA_SEPARATED] = ()
    instruction: Literal["url", "form"] = "url"
    instruction_cookies: Annotated[tuple[InstructionCookie, ...], *JSON] = ()
    instruction_headers: Annotated[tuple[InstructionHeader, ...], *JSON] = ()
    link_ttl: Annotated[int, Field(ge=10, le=86_400)] = 300
    reopen_grace: Annotated[int, Field(ge=0, le=3600)] = 60
    stores: Annotated[tuple[StoreView, ...], *JSON, Field(min_length=1)] = (DEFAULT_STORE,)
    customer_accounts: Literal["website", "global"] = "website"
    checkout_path: UrlPath = "/checkout/"
    ask_checkout: bool = True
    magento_timeout: Annotated[float, Field(gt=0, le=60)] = 8.0
    magento_access_token: SecretStr | None = None
    magento_admin_username: str | None = None
    magento_admin_password: SecretStr | None = None
    app_return_url: AppUrl | None = None
    shop_name: Annotated[str, Field(max_length=80)] | None = None
    shop_logo_url: WebUrl | None = None
    shop_accent: Accent = "#1a4fd6"
    poq_script_url: WebUrl | None = None
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
        return init_settings, env_settings, FileSettingsSource(settings_cls, os.environ)

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
        places: dict[tuple[object, ...], StoreSite] = {}
        for place in map(self.build_store_site, self.stores):
            alike = (place.public_url, place.storefront_url, place.session_cookie)
            places.setdefault(alike, place)
        return [fault for place in places.values() for fault in place.faults()]

    def _session_store_faults(self) -> list[str]:
        address, faults = self.session_store_url, []
        for name in ("session_store_ca_file", "session_store_cert_file"):
            if getattr(self, name) and not address.uses_tls:
                faults.append(
                    f"{PREFIX}{name.upper()} needs an address of HANDOFF_SESSION_STORE that begins "
                    "with rediss: without TLS it is of no use."
                )
        if self.sentinel_username and not self.sentinel_password:
            faults.append("HANDOFF_SENTINEL_USERNAME needs HANDOFF_SENTINEL_PASSWORD.")
        if self.sentinel_password and not address.sentinel_master:
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
    def form_action_origins(self) -> tuple[str, ...]:
        """Origins that a posted form may be redirected to, for `form-action`."""
        shops = [self.build_store_site(store).storefront_parts for store in self.stores]
        origins = [f"{shop.scheme}://{shop.netloc}" for shop in shops]
        origins += [f"{shops[0].scheme}://{host}" for host in self.checkout_hosts]
        return tuple(dict.fromkeys(origins))

    @property
    def session_store_url(self) -> SessionStoreUrl:
        """Where the shop keeps its sessions; holds a password."""
        return SessionStoreUrl.parse(self.session_store.get_secret_value())

    @property
    def session_store_access(self) -> SessionStoreAccess:
        """What the session store asks for besides its address."""
        password = self.sentinel_password
        return SessionStoreAccess(
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
    def public_paths(self) -> frozenset[str]:
        """The paths below which this service is reached, on whichever host."""
        return frozenset(self.build_store_site(store).public_parts.path for store in self.stores)

    def build_store_site(self, store: StoreView) -> StoreSite:
        """Return where a store view's shoppers are."""
        storefront_url = store.url or self.storefront_url or self.magento_url
        storefront = urlsplit(storefront_url)
        named_domain = store.cookie_domain or self.session_cookie_domain or None
        return StoreSite(
            store_code=store.code,
            public_url=store.public_url or self.public_url,
            storefront_url=storefront_url,
            checkout_path=self.checkout_path,
            session_cookie=SessionCookieSettings(
                name=self.session_cookie_name,
                domain=named_domain or storefront.hostname or "",
                named_domain=named_domain,
                path=self.session_cookie_path,
                samesite=self.session_cookie_samesite,
                lifetime=self.session_cookie_lifetime,
                secure=storefront.scheme == "https",
            ),
        )

    @property
    def store_sites(self) -> StoreSites:
        """Where the shoppers of all store views are, worked out anew."""
        return StoreSites(map(self.build_store_site, self.stores))

    @property
    def store_views(self) -> StoreViews:
        """The store views, to look one up by currency or number."""
        return StoreViews(self.stores, shared_accounts=self.customer_accounts == "global")
