"""The Settings model: every setting with its type and default, and values derived from them."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from handoff.instruction import InstructionCookie, InstructionHeader
from handoff.settings.environment_variables import PREFIX
from handoff.settings.session_store_url import SessionStoreAccess, SessionStoreUrl
from handoff.settings.store_view_models import (
    SessionCookieSettings,
    StoreSite,
    StoreSites,
    StoreView,
    StoreViews,
)
from handoff.settings.value_types import (
    COMMA_SEPARATED,
    JSON,
    ApiKey,
    AppUrl,
    CaFile,
    CertificateFile,
    CookieLifetime,
    DatabaseUrl,
    HexColour,
    Host,
    RateLimitStorageUrl,
    Secret,
    SessionStoreText,
    UrlPath,
    WebUrl,
)
from handoff.url_validation import BaseUrl

_ONE_HOUR = 3600  # seconds
DEFAULT_STORE = StoreView(
    currency="GBP", code="default", store_id=1, website_id=1, website_code="base"
)


class Settings(BaseSettings):
    """All settings, checked one by one and frozen. Use `load_settings` to make one."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True
    )

    public_url: BaseUrl
    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = 0
    magento_url: BaseUrl
    magento_host: Host | None = None
    magento_ca_file: CaFile | None = None
    storefront_url: BaseUrl = Field(default="", validate_default=False)
    api_keys: Annotated[tuple[ApiKey, ...], *COMMA_SEPARATED, Field(min_length=1)]
    key_in_path: bool = False
    direct_entry: bool = False
    paused: bool = False
    secret_key: Secret
    previous_secret_keys: Annotated[tuple[Secret, ...], *COMMA_SEPARATED] = ()
    session_store: SessionStoreText
    session_store_ca_file: CaFile | None = None
    session_store_cert_file: CertificateFile | None = None
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
    shop_accent: HexColour = "#1a4fd6"
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
        """Use keyword arguments, then the environment, and nothing else."""
        return init_settings, env_settings

    @property
    def form_action_origins(self) -> tuple[str, ...]:
        """The origins that a posted form may be redirected to, for `form-action`."""
        shops = [self.build_store_site(store).storefront_parts for store in self.stores]
        origins = [f"{shop.scheme}://{shop.netloc}" for shop in shops]
        origins += [f"{shops[0].scheme}://{host}" for host in self.checkout_hosts]
        return tuple(dict.fromkeys(origins))

    @property
    def session_store_url(self) -> SessionStoreUrl:
        """The parsed URL of the session store; it holds a password."""
        return SessionStoreUrl.parse(self.session_store.get_secret_value())

    @property
    def session_store_access(self) -> SessionStoreAccess:
        """The certificates and the Sentinel login for the session store."""
        password = self.sentinel_password
        return SessionStoreAccess(
            ca_file=self.session_store_ca_file,
            cert_file=self.session_store_cert_file,
            sentinel_username=self.sentinel_username,
            sentinel_password=password.get_secret_value() if password else None,
        )

    @property
    def new_session_lifetime(self) -> int:
        """The seconds that a new session lives in the store."""
        return self.session_lifetime or self.session_cookie_lifetime or _ONE_HOUR

    @property
    def public_paths(self) -> frozenset[str]:
        """The path prefixes of this service, on all hosts."""
        return frozenset(self.build_store_site(store).public_parts.path for store in self.stores)

    @property
    def store_sites(self) -> StoreSites:
        """The sites of all store views, built anew at each call."""
        return StoreSites(map(self.build_store_site, self.stores))

    @property
    def store_views(self) -> StoreViews:
        """The store views, for a lookup by currency, code or number."""
        return StoreViews(self.stores, shared_accounts=self.customer_accounts == "global")

    def build_store_site(self, store: StoreView) -> StoreSite:
        """Return the addresses and the session cookie of a store view."""
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
