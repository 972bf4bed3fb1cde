"""Creates the session store, and the makers and providers of shop sessions, from the settings."""

from __future__ import annotations

from handoff.ledger.database import Database
from handoff.ledger.stored_session_repository import StoredSessionRepository
from handoff.magento.checkout_probe import CheckoutProbe
from handoff.magento.client import MagentoClient
from handoff.settings import Settings
from handoff.shop_session.session_provider import SessionProvider, WrittenSessionProvider
from handoff.shop_session.store import SessionStore, open_session_store
from handoff.storefront_session.session_cipher import SessionIdCipher
from handoff.storefront_session.stored_session_provider import StoredSessionProvider
from handoff.transfer.quote_resolver import QuoteResolver
from handoff.transfer.storefront_session_builder import StorefrontSessionBuilder
from handoff.worker_metrics import WorkerMetrics


def open_shop_session_store(settings: Settings, **timeout: float) -> SessionStore:
    """Return the shop's session store; `timeout` is in seconds. It does not connect yet."""
    return open_session_store(
        settings.session_store_url,
        settings.session_store_access,
        lifetime=settings.new_session_lifetime,
        **timeout,
    )


def build_stored_session_repository(
    settings: Settings, database: Database
) -> StoredSessionRepository | None:
    """Return the sessions that wait in the ledger, None if the service writes sessions itself."""
    if not settings.session_store_url.is_storefront:
        return None
    keys = [key.get_secret_value() for key in settings.stored_session_keys]
    return StoredSessionRepository(database, SessionIdCipher(keys), grace=settings.reopen_grace)


def build_session_provider(
    settings: Settings, stored: StoredSessionRepository | None
) -> SessionProvider:
    """Return the provider of the sessions of used links."""
    if stored is not None:
        return StoredSessionProvider(stored)
    return WrittenSessionProvider(open_shop_session_store(settings), settings.store_views)


def build_session_builder(
    client: MagentoClient,
    quotes: QuoteResolver,
    settings: Settings,
    metrics: WorkerMetrics | None = None,
) -> StorefrontSessionBuilder | None:
    """Return the maker of storefront sessions, None if the service writes sessions."""
    if not settings.session_store_url.is_storefront:
        return None
    return StorefrontSessionBuilder(
        CheckoutProbe(client, checkout_hosts=settings.checkout_hosts),
        quotes,
        settings.store_sites,
        session_lifetime=settings.new_session_lifetime,
        max_lines=settings.max_storefront_lines,
        metrics=metrics,
    )
