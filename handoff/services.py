"""The few objects that live as long as the service, built once and kept in one place."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from flask import Flask, current_app

from handoff.concurrency_limit import ConcurrencyLimit
from handoff.ledger import (
    Clock,
    Database,
    HandoffRepository,
    Leases,
    LedgerUnreachable,
    migrate,
    newest_schema_version,
    open_database,
    read_schema_version,
)
from handoff.link_tokens import LinkTokens
from handoff.magento.admin_access import AccessToken, AdminAccess, AdminLogin
from handoff.magento.checkout_probe import CheckoutProbe
from handoff.magento.client import MagentoClient
from handoff.magento.orders import Orders
from handoff.magento.quotes import Quotes
from handoff.operations.rate_limits import RateLimit, RateLimitCounters
from handoff.settings import Settings
from handoff.settings.store_sites import StoreSites
from handoff.shop_session import SessionStore, open_session_store
from handoff.transfer.checkout_preflight import SESSION_STORE_TIMEOUT, CheckoutPreflight
from handoff.transfer.quote_resolver import QuoteResolver
from handoff.transfer.transfer_service import TransferService

log = structlog.get_logger()

_SHOP_CALL_SHARE = 3 / 4  # of a worker's threads; the others are for shoppers with links


@dataclass(frozen=True, slots=True)
class Services:
    """What views work with. `orders` is None where the settings give no right to read them."""

    settings: Settings
    places: StoreSites
    database: Database
    ledger: HandoffRepository
    links: LinkTokens
    sessions: SessionStore
    orders: Orders | None
    transfer_limit: RateLimit
    unknown_link_limit: RateLimit
    refused_entry_limit: RateLimit
    transfers: TransferService
    shop_limit: ConcurrencyLimit
    """Bounds the requests that wait for the shop: transfers, and lookups of orders."""

    def close(self) -> None:
        """Close what is open."""
        self.database.close()


def build_services(settings: Settings, *, threads: int, clock: Clock | None = None) -> Services:
    """Build everything from the settings, and bring the ledger's tables up to date.

    `threads` is how many requests a worker serves at once.
    The ledger goes by a clock that is given, and without one by the database's.
    """
    database = _open_ledger(settings)
    ledger = HandoffRepository(database, clock, ttl=settings.link_ttl, grace=settings.reopen_grace)
    sessions = _sessions(settings)
    client = open_client(settings)
    orders = open_orders(client, settings)
    shop_limit = ConcurrencyLimit(max(1, int(threads * _SHOP_CALL_SHARE)))
    counters = _rate_limit_counters(settings)
    desk = QuoteResolver(Quotes(client), settings.store_views, orders)
    return Services(
        settings=settings,
        places=settings.store_sites,
        database=database,
        ledger=ledger,
        links=LinkTokens(
            settings.secret_key.get_secret_value(),
            previous=[key.get_secret_value() for key in settings.previous_secret_keys],
        ),
        sessions=sessions,
        orders=orders,
        transfer_limit=RateLimit(counters, "transfer", settings.transfers_per_minute),
        unknown_link_limit=RateLimit(counters, "unknown_link", settings.refusals_per_minute),
        refused_entry_limit=RateLimit(counters, "refused_entry", settings.refusals_per_minute),
        transfers=TransferService(
            ledger,
            Leases(database, clock),
            desk,
            _checkout(client, settings),
            shop_limit,
            timeout=settings.magento_timeout,
        ),
        shop_limit=shop_limit,
    )


def keep(app: Flask, services: Services) -> None:
    """Put the services where `services()` finds them."""
    app.extensions["handoff"] = services


def services() -> Services:
    """Return the services of the app that answers this request."""
    kept: Services = current_app.extensions["handoff"]
    return kept


def open_client(settings: Settings) -> MagentoClient:
    """Return the way to the shop's REST and GraphQL. Connects to nothing."""
    return MagentoClient(
        settings.magento_url, host=settings.magento_host, ca_file=settings.magento_ca_file
    )


def open_orders(client: MagentoClient, settings: Settings) -> Orders | None:
    """Return the shop's orders with the right that the settings give, or None without one."""
    access = open_access(client, settings)
    return Orders(client, access, store=settings.store_views.first.code) if access else None


def open_access(client: MagentoClient, settings: Settings) -> AdminAccess | None:
    """Return the right that the settings give to ask the shop as its staff, or None."""
    if settings.magento_access_token:
        return AccessToken(settings.magento_access_token.get_secret_value())
    if settings.magento_admin_username and settings.magento_admin_password:
        password = settings.magento_admin_password.get_secret_value()
        store = settings.store_views.first.code
        return AdminLogin(client, settings.magento_admin_username, password, store)
    return None


def _open_ledger(settings: Settings) -> Database:
    database = open_database(settings.database_url.get_secret_value())
    try:
        # Looking waits for nobody, and migrating for all who write: a worker that takes a dead
        # one's place must not end because the ledger is held.
        if read_schema_version(database) != newest_schema_version():
            migrate(database)
    except LedgerUnreachable:
        # A worker that starts anew while the server restarts: it will be back, and nothing here
        # needs it before. The command that started the service has seen the tables.
        log.warning("ledger_away_at_start")
    return database


def _sessions(settings: Settings, **timeout: float) -> SessionStore:
    return open_session_store(
        settings.session_store_url,
        settings.session_store_access,
        lifetime=settings.new_session_lifetime,
        **timeout,
    )


def _rate_limit_counters(settings: Settings) -> RateLimitCounters:
    url = settings.rate_limit_storage_url
    return RateLimitCounters(
        settings.secret_key.get_secret_value(), url.get_secret_value() if url else None
    )


def _checkout(client: MagentoClient, settings: Settings) -> CheckoutPreflight | None:
    if not settings.ask_checkout:
        return None
    probe = CheckoutProbe(client, checkout_hosts=settings.checkout_hosts)
    sessions = _sessions(settings, timeout=SESSION_STORE_TIMEOUT)
    return CheckoutPreflight(probe, sessions, settings.store_views, settings.store_sites)
