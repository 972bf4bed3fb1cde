"""Checks of settings against each other: valid values that do not work together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Set
from urllib.parse import urlsplit

from handoff.settings.environment_variables import get_variable_name
from handoff.settings.model import Settings
from handoff.settings.store_view_models import StoreSite, is_cookie_sent_to
from handoff.settings.webhook_settings import select_secrets

_INTEGRATION_FIELDS = (
    "magento_consumer_key",
    "magento_consumer_secret",
    "magento_access_token",
    "magento_access_token_secret",
)


def find_conflicts(settings: Settings, *, ignoring: Set[str]) -> list[str]:
    """Return a sentence for each conflict; skip checks that read a field in `ignoring`."""
    return [
        conflict
        for check, fields in _CHECKS.items()
        if not fields & ignoring
        for conflict in check(settings)
    ]


def _find_store_sites_conflicts(settings: Settings) -> Iterator[str]:
    for site in settings.store_sites.distinct:  # equal sites have the same conflicts
        yield from _find_store_site_conflicts(site)


def _find_store_site_conflicts(site: StoreSite) -> Iterator[str]:
    domain = site.session_cookie.domain.removeprefix(".")
    if not is_cookie_sent_to(site.public_parts.hostname or "", domain):
        yield (
            f"HANDOFF_PUBLIC_URL (store view {site.store_code}): no browser accepts a session "
            f"cookie for {domain} from this host. Put the service on the shop's host, set the "
            "store view's public_url to the service's address on that host, or set "
            "HANDOFF_SESSION_COOKIE_DOMAIN to a domain that covers both, as in the shop's own "
            "cookie."
        )
    if not is_cookie_sent_to(site.storefront_parts.hostname or "", domain):
        yield (
            f"HANDOFF_SESSION_COOKIE_DOMAIN (store view {site.store_code}) does not cover the "
            "shop's host; a store view can have a cookie_domain of its own."
        )
    if site.public_parts.scheme != site.storefront_parts.scheme:
        yield (
            f"HANDOFF_PUBLIC_URL (store view {site.store_code}) and the shop's address must be "
            "both http or both https."
        )
    if site.session_cookie.samesite == "None" and not site.session_cookie.secure:
        yield "HANDOFF_SESSION_COOKIE_SAMESITE: None works on https only."


def _find_session_store_conflicts(settings: Settings) -> Iterator[str]:
    url = settings.session_store_url
    for name, file in (
        ("HANDOFF_SESSION_STORE_CA_FILE", settings.session_store_ca_file),
        ("HANDOFF_SESSION_STORE_CERT_FILE", settings.session_store_cert_file),
    ):
        if file and not url.has_tls:
            yield (
                f"{name} has an effect with TLS only: HANDOFF_SESSION_STORE must begin with rediss "
                "or mysqls."
            )
    if url.is_database and not settings.session_store_key_file:
        yield "HANDOFF_SESSION_STORE: sessions in the database need HANDOFF_SESSION_STORE_KEY_FILE."
    if settings.session_store_key_file and not url.is_database:
        yield "HANDOFF_SESSION_STORE_KEY_FILE has no effect: HANDOFF_SESSION_STORE is not mysql://."
    if settings.sentinel_username and not settings.sentinel_password:
        yield "HANDOFF_SENTINEL_USERNAME needs HANDOFF_SENTINEL_PASSWORD."
    if settings.sentinel_password and not url.sentinel_master:
        yield "HANDOFF_SENTINEL_PASSWORD has no effect: HANDOFF_SESSION_STORE names no Sentinel."


def _find_storefront_conflicts(settings: Settings) -> Iterator[str]:
    if not settings.session_store_url.is_storefront:
        return
    if not settings.stored_session_keys:
        yield "HANDOFF_SESSION_STORE=storefront needs HANDOFF_STORED_SESSION_KEYS."
    if settings.direct_entry:
        yield "HANDOFF_DIRECT_ENTRY takes quotes, and HANDOFF_SESSION_STORE=storefront only bags."
    needed = settings.link_ttl + settings.reopen_grace + math.ceil(settings.magento_timeout)
    if needed > settings.new_session_lifetime:
        yield (
            "HANDOFF_LINK_TTL, HANDOFF_REOPEN_GRACE and HANDOFF_MAGENTO_TIMEOUT add up to "
            f"{needed} seconds, and the shop may end a new session after "
            f"{settings.new_session_lifetime} (HANDOFF_SESSION_LIFETIME): a link must not outlive "
            "its session."
        )


def _find_store_views_conflicts(settings: Settings) -> Iterator[str]:
    stores = settings.stores
    codes = {store.code for store in stores}
    ids = {store.store_id for store in stores}
    if min(len(codes), len(ids)) < len(stores):
        yield "HANDOFF_STORES lists a code or a store_id twice."
    websites = {(store.website_id, store.website_code) for store in stores}
    if len({website_id for website_id, _ in websites}) < len(websites):
        yield "HANDOFF_STORES has a website_id with two codes."


def _find_admin_login_conflicts(settings: Settings) -> Iterator[str]:
    username, password = settings.magento_admin_username, settings.magento_admin_password
    if bool(username) != bool(password):
        yield "HANDOFF_MAGENTO_ADMIN_USERNAME and _PASSWORD belong together; one is missing."
    elif username and any(getattr(settings, name) for name in _INTEGRATION_FIELDS):
        yield "Set HANDOFF_MAGENTO_ADMIN_USERNAME, or the values of an integration, not both."


def _find_integration_conflicts(settings: Settings) -> Iterator[str]:
    given = {name for name in _INTEGRATION_FIELDS if getattr(settings, name)}
    if given not in (set(), {"magento_access_token"}, set(_INTEGRATION_FIELDS)):
        missing = [get_variable_name(name) for name in _INTEGRATION_FIELDS if name not in given]
        yield f"OAuth 1.0a needs all four values of the integration. Missing: {', '.join(missing)}."


def _find_webhook_conflicts(settings: Settings) -> Iterator[str]:
    urls = [url.get_secret_value() for url in settings.webhook_url]
    for number, url in enumerate(urls, start=1):
        if not select_secrets(settings.webhook_secret, url):
            yield f"HANDOFF_WEBHOOK_URL (entry {number}) needs a HANDOFF_WEBHOOK_SECRET."
    addresses = {known.address for known in settings.webhook_secret} - {None}
    if not addresses <= set(settings.webhook_url):
        yield (
            "HANDOFF_WEBHOOK_SECRET has a secret for an address that is not in HANDOFF_WEBHOOK_URL."
        )
    if len(set(urls)) < len(urls):
        yield "HANDOFF_WEBHOOK_URL lists an address twice."


def _find_ops_conflicts(settings: Settings) -> Iterator[str]:
    if settings.ops_url is None:
        return
    if settings.ops_password is None:
        yield "HANDOFF_OPS_URL has no effect without HANDOFF_OPS_PASSWORD."
        return
    ops = urlsplit(settings.ops_url)
    sites = settings.store_sites.all
    others = [parts for site in sites for parts in (site.public_parts, site.storefront_parts)]
    # Ports of one host share their cookies. On this machine, only a demo runs a shop.
    if any(
        other.netloc == ops.netloc or (ops.scheme == "https" and other.hostname == ops.hostname)
        for other in (*others, urlsplit(settings.magento_url))
    ):
        yield (
            "HANDOFF_OPS_URL needs a host of its own: scripts of a page on the same host, the "
            "shop's or Handoff's, could read the pages for the support desk."
        )


# Each check with the fields that it reads.
_CHECKS: dict[Callable[[Settings], Iterator[str]], Set[str]] = {
    _find_store_sites_conflicts: {
        "public_url",
        "magento_url",
        "storefront_url",
        "session_cookie_domain",
        "session_cookie_samesite",
        "stores",
    },
    _find_session_store_conflicts: {
        "session_store",
        "session_store_ca_file",
        "session_store_cert_file",
        "session_store_key_file",
        "sentinel_username",
        "sentinel_password",
    },
    _find_storefront_conflicts: {
        "session_store",
        "stored_session_keys",
        "direct_entry",
        "link_ttl",
        "reopen_grace",
        "magento_timeout",
        "session_lifetime",
    },
    _find_store_views_conflicts: {"stores"},
    _find_admin_login_conflicts: {
        "magento_admin_username",
        "magento_admin_password",
        *_INTEGRATION_FIELDS,
    },
    _find_integration_conflicts: set(_INTEGRATION_FIELDS),
    _find_ops_conflicts: {
        "ops_url",
        "ops_password",
        "public_url",
        "magento_url",
        "storefront_url",
        "stores",
    },
    _find_webhook_conflicts: {"webhook_url", "webhook_secret"},
}
