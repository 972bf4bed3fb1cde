"""The Settings model: all groups of settings as one, and values derived from them."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from handoff.settings.address_and_key_settings import AddressSettings
from handoff.settings.environment_variables import PREFIX
from handoff.settings.ledger_and_limit_settings import LedgerAndLimitSettings
from handoff.settings.link_and_checkout_settings import LinkSettings
from handoff.settings.ops_settings import OpsSettings
from handoff.settings.page_settings import PageSettings
from handoff.settings.session_store_url import SessionStoreAccess, SessionStoreUrl
from handoff.settings.shop_access_settings import ShopAccessSettings
from handoff.settings.store_and_session_settings import StoreAndSessionSettings
from handoff.settings.store_view_models import (
    SessionCookieSettings,
    StoreSite,
    StoreSites,
    StoreView,
    StoreViews,
)
from handoff.settings.webhook_settings import WebhookSettings

_ONE_HOUR = 3600  # seconds
_FIXED_SECONDS = 2.0  # of a transfer through the shop's pages, whatever its lines
_SECONDS_PER_LINE = 0.3
_FIRST_LIFETIME = 600  # seconds that Magento's Redis handler gives to a session at its first write


class Settings(
    AddressSettings,
    StoreAndSessionSettings,
    LinkSettings,
    ShopAccessSettings,
    LedgerAndLimitSettings,
    WebhookSettings,
    PageSettings,
    OpsSettings,
    BaseSettings,
):
    """All settings, checked one by one and frozen. Use `load_settings` to make one.

    The groups are in the order of docs/settings.md.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments and the environment only: each further source takes as long to read."""
        return init_settings, env_settings

    @property
    def form_action_origins(self) -> tuple[str, ...]:
        """The origins that a posted form may be redirected to, for `form-action`."""
        shops = [site.storefront_parts for site in self.store_sites.all]
        origins = [f"{shop.scheme}://{shop.netloc}" for shop in shops]
        origins += [f"{shops[0].scheme}://{host}" for host in self.checkout_hosts]
        return tuple(dict.fromkeys(origins))

    @property
    def session_store_url(self) -> SessionStoreUrl:
        """The parsed URL of the session store; it holds a password."""
        return SessionStoreUrl.parse(self.session_store.get_secret_value())

    @property
    def session_store_access(self) -> SessionStoreAccess:
        """The certificates, key file, Sentinel login and format for the session store."""
        password = self.sentinel_password
        return SessionStoreAccess(
            ca_file=self.session_store_ca_file,
            cert_file=self.session_store_cert_file,
            key_file=self.session_store_key_file,
            sentinel_username=self.sentinel_username,
            sentinel_password=password.get_secret_value() if password else None,
            serializer=self.session_serializer,
        )

    @property
    def new_session_lifetime(self) -> int:
        """The seconds that a new session lives in the store."""
        if self.session_store_url.is_storefront:
            return self.session_lifetime or _FIRST_LIFETIME
        return self.session_lifetime or self.session_cookie_lifetime or _ONE_HOUR

    @property
    def max_storefront_lines(self) -> int:
        """The most lines of a bag that the shop's pages can take, a call for each, within the time
        limit."""
        return max(1, int((self.magento_timeout - _FIXED_SECONDS) / _SECONDS_PER_LINE))

    @property
    def public_paths(self) -> frozenset[str]:
        """The path prefixes of this service, on all hosts."""
        return frozenset(site.public_parts.path for site in self.store_sites.all)

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
