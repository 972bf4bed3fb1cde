"""Decides the settings for a shop from its files and its API."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from handoff.installation.session_store_settings import (
    RedisLogin,
    SessionStorePlan,
    compute_session_lifetime,
)
from handoff.installation.shop_config_files import ShopConfiguration
from handoff.installation.shop_discovery import FoundShop, FoundStoreView
from handoff.magento.http_transport import SetCookie
from handoff.settings import Settings

_DEFAULT_COOKIE_LIFETIME = "3600"
_SHARING_PATH = "customer/account_share/scope"


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """All that was found out about a shop. `cookies` are those of its storefronts, by URL."""

    shop: FoundShop
    configuration: ShopConfiguration
    cookies: dict[str, SetCookie | None] = field(repr=False)


@dataclass(frozen=True, slots=True)
class InstallationChoices:
    """The choices of the administrator, and the paths that follow from them.

    An empty value stands for the value that was found, or for the default.
    """

    public_url: str
    database_url: str
    session_store_key_file: str
    trusted_proxies: int = 1
    ca_file: str = ""
    redis_login: RedisLogin | None = None
    customer_accounts: str = ""


def plan_settings(
    facts: ShopFacts, store: SessionStorePlan | None, choices: InstallationChoices
) -> dict[str, str]:
    """Return the variables that this shop needs, without those that have their default.

    The key for Poq and the secret keys are new. Without a store, its settings are left out.
    """
    shop = facts.shop
    storefront = shop.storefront_url if shop.storefront_url != shop.api_url else ""
    values = {
        "PUBLIC_URL": choices.public_url,
        "MAGENTO_URL": shop.api_url,
        "STOREFRONT_URL": storefront,
        "MAGENTO_CA_FILE": choices.ca_file,
        "API_KEYS": f"poq/{secrets.token_urlsafe(32)}",
        "SECRET_KEY": secrets.token_urlsafe(32),
        **_plan_session_store(store, choices),
        "DATABASE_URL": choices.database_url,
        "TRUSTED_PROXIES": str(choices.trusted_proxies or ""),
        "STORES": _plan_stores(facts, choices.public_url),
        "CUSTOMER_ACCOUNTS": _plan_customer_accounts(facts, choices),
        **_plan_cookie(facts),
    }
    if store and store.parse_url().is_storefront:
        # Here this setting says how long the shop keeps a session, which env.php does not tell.
        values.pop("SESSION_LIFETIME", None)
    return {f"HANDOFF_{name}": value for name, value in values.items() if value}


def _plan_session_store(
    store: SessionStorePlan | None, choices: InstallationChoices
) -> dict[str, str]:
    if store is None:
        return {}
    values = {
        "SESSION_STORE": store.build_url(choices.redis_login),
        "SENTINEL_PASSWORD": store.sentinel_password,
    }
    if store.parse_url().is_database:
        values["SESSION_STORE_KEY_FILE"] = choices.session_store_key_file
    if store.parse_url().is_storefront:
        values["STORED_SESSION_KEYS"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return values


def is_account_sharing_unknown(facts: ShopFacts) -> bool:
    """Return whether the sharing of accounts matters and the shop's files do not say it."""
    websites = {view.website_id for view in facts.shop.store_views}
    return len(websites) > 1 and facts.configuration.read_value(_SHARING_PATH) is None


def _plan_customer_accounts(facts: ShopFacts, choices: InstallationChoices) -> str:
    scope = facts.configuration.read_value(_SHARING_PATH)
    sharing = {"0": "global", "1": "website"}.get(scope or "", choices.customer_accounts)
    return sharing if sharing == "global" else ""


def _plan_cookie(facts: ShopFacts) -> dict[str, str]:
    """Return the settings of the session cookie that differ from the defaults."""
    cookie = facts.cookies.get(facts.shop.storefront_url)
    values: dict[str, str] = {}
    lifetime = facts.configuration.read_value("web/cookie/cookie_lifetime")
    if cookie is not None:
        lifetime = cookie.get("max-age") or "0"
        values = {
            "SESSION_COOKIE_NAME": _omit_default(cookie.name, "PHPSESSID"),
            "SESSION_COOKIE_DOMAIN": _find_other_cookie_domain(cookie, facts.shop.storefront_url),
            "SESSION_COOKIE_PATH": _omit_default(cookie.get("path") or "/", "/"),
            "SESSION_COOKIE_SAMESITE": _omit_default(
                (cookie.get("samesite") or "Lax").capitalize(), "Lax"
            ),
        }
    lifetime = lifetime or _DEFAULT_COOKIE_LIFETIME
    values["SESSION_COOKIE_LIFETIME"] = _omit_default(lifetime, _DEFAULT_COOKIE_LIFETIME)
    if lifetime.isdecimal():
        stored = compute_session_lifetime(facts.configuration, int(lifetime))
        values["SESSION_LIFETIME"] = str(stored or "")
    return values


def _plan_stores(facts: ShopFacts, public_url: str) -> str:
    """Return HANDOFF_STORES, or an empty text if the default describes the shop."""
    views = facts.shop.store_views
    are_languages_different = len({view.language for view in views}) > 1
    stores = []
    for view in views:
        store = {
            "currency": view.currency,
            "code": view.code,
            "store_id": view.store_id,
            "website_id": view.website_id,
            "website_code": view.website_code,
            **_plan_site(facts, view, public_url),
        }
        if are_languages_different and view.language:
            store["language"] = view.language
        stores.append(store)
    [default] = Settings.model_fields["stores"].default
    if stores == [default.model_dump(exclude_none=True)]:
        return ""
    return json.dumps(stores, separators=(",", ":"), ensure_ascii=False)


def _plan_site(facts: ShopFacts, view: FoundStoreView, public_url: str) -> dict[str, str]:
    """Return the fields of a store view whose storefront is not the default one."""
    main = urlsplit(facts.shop.storefront_url)
    url = urlsplit(view.url)
    site = {} if view.url == facts.shop.storefront_url else {"url": view.url}
    if url.netloc == main.netloc:
        return site
    path = urlsplit(public_url).path
    site["public_url"] = f"{url.scheme}://{url.netloc}{path}"
    cookie = facts.cookies.get(view.url)
    domain = _find_other_cookie_domain(cookie, view.url) if cookie else ""
    shared = facts.cookies.get(facts.shop.storefront_url)
    if domain or (shared and _find_other_cookie_domain(shared, facts.shop.storefront_url)):
        site["cookie_domain"] = domain or url.hostname or ""
    return site


def _find_other_cookie_domain(cookie: SetCookie, storefront_url: str) -> str:
    """Return the cookie's domain, or an empty text if that is the storefront's host."""
    domain = cookie.get("domain").lower()
    host = urlsplit(storefront_url).hostname or ""
    return "" if domain.removeprefix(".") == host else domain


def _omit_default(value: str, default: str) -> str:
    return "" if value == default else value
