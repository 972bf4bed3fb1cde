"""The objects that live as long as the service, built once from the settings."""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client.registry import Collector

from handoff.concurrency_limit import ConcurrencyLimit, ShopCallLimits, build_shop_call_limits
from handoff.ledger.admin_login_block import LedgerLoginBlock
from handoff.ledger.database import Database
from handoff.ledger.handoff_repository import HandoffRepository
from handoff.ledger.lease_locks import Leases
from handoff.ledger.order_lookup_repository import OrderLookupRepository
from handoff.ledger.preflight_cache_invalidation import CheckoutRefusalCount
from handoff.ledger.stage_counts import read_handoff_metrics
from handoff.magento.checkout_probe import CheckoutProbe
from handoff.magento.client import MagentoClient
from handoff.magento.quotes import Quotes
from handoff.operations import gunicorn_config
from handoff.operations.health import ReadinessCheck
from handoff.operations.metric_collectors import HandoffCollector, ServiceHealthCollector
from handoff.operations.rate_limits import RateLimitCounters
from handoff.operations.settings_reload import get_monotonic_read_time
from handoff.order_lookup import OrderLookup
from handoff.settings import Settings
from handoff.shop_client_factory import build_login_block, build_magento_client, build_orders_client
from handoff.shop_session.session_provider import SessionProvider
from handoff.shop_session_factory import (
    build_session_builder,
    build_session_provider,
    build_stored_session_repository,
    open_shop_session_store,
)
from handoff.transfer.checkout_preflight import (
    SESSION_STORE_TIMEOUT,
    AcceptedCheckouts,
    CheckoutPreflight,
)
from handoff.transfer.quote_resolver import QuoteResolver
from handoff.transfer.storefront_session_builder import StorefrontSessionBuilder
from handoff.transfer.transfer_service import TransferService
from handoff.web_checkout_cookies import WebCheckoutCookies
from handoff.web_view_link import LinkTokens
from handoff.webhooks.backlog import WebhookBacklog
from handoff.webhooks.delivery_repository import DeliveryRepository
from handoff.webhooks.receivers import build_outbox, list_receivers
from handoff.worker_metrics import WorkerMetrics

_LEASE_MARGIN = 2.0  # seconds that a lease lasts longer than a transfer may take


@dataclass(frozen=True, slots=True)
class ServiceObjects:
    """The objects that the views of one service share.

    `login_block` is None without an administrator's login, `preflight` if checkout is never asked,
    and `session_builder` if the service writes the shop sessions itself.
    """

    settings: Settings
    database: Database
    handoffs: HandoffRepository
    quotes: QuoteResolver
    order_lookup: OrderLookup
    login_block: LedgerLoginBlock | None
    session_provider: SessionProvider
    session_builder: StorefrontSessionBuilder | None
    preflight: CheckoutPreflight | None
    checkout_refusal_count: CheckoutRefusalCount
    link_tokens: LinkTokens
    web_checkout_cookies: WebCheckoutCookies
    rate_limit_counters: RateLimitCounters
    shop_call_limits: ShopCallLimits
    webhook_backlog: WebhookBacklog

    def build_transfer_service(self, limit: ConcurrencyLimit) -> TransferService:
        """Return the service for transfers under a limit."""
        seconds = self.settings.magento_timeout
        leases = Leases(self.database, seconds=seconds + _LEASE_MARGIN)
        return TransferService(
            self.handoffs,
            leases,
            self.quotes,
            self.preflight,
            limit,
            timeout=seconds,
            session_builder=self.session_builder,
        )

    def build_readiness_check(self) -> ReadinessCheck:
        """Return the check of the ledger and the session store."""
        return ReadinessCheck(
            self.database, self.session_provider, self.login_block, self.webhook_backlog
        )

    def build_collectors(self, readiness: ReadinessCheck) -> list[Collector]:
        """Return the collectors of the metrics that are the same for all workers."""
        return [
            ServiceHealthCollector(readiness, self.settings.paused),
            HandoffCollector(
                lambda: read_handoff_metrics(self.database),
                reconciles=self.order_lookup.can_read_orders,
            ),
            self.webhook_backlog,
        ]


def build_service_objects(
    settings: Settings, database: Database, metrics: WorkerMetrics | None
) -> ServiceObjects:
    """Build all objects. Without `metrics` nothing is counted. None of them connects yet."""
    outbox = build_outbox(settings)
    stored_sessions = build_stored_session_repository(settings, database)
    client = build_magento_client(settings, metrics)
    login_block = build_login_block(settings, database, settings_read_at=get_monotonic_read_time())
    orders = build_orders_client(client, settings, login_block)
    quotes = QuoteResolver(Quotes(client), settings.store_views, orders)
    refusal_count = CheckoutRefusalCount(database)
    limits = build_shop_call_limits(
        gunicorn_config.threads, direct_entry=settings.direct_entry, metrics=metrics
    )
    lookups = OrderLookupRepository(database, outbox)
    secret_key = settings.secret_key.get_secret_value()
    previous_keys = [key.get_secret_value() for key in settings.previous_secret_keys]
    return ServiceObjects(
        settings=settings,
        database=database,
        handoffs=HandoffRepository(
            database,
            ttl=settings.link_ttl,
            grace=settings.reopen_grace,
            outbox=outbox,
            sessions=stored_sessions,
        ),
        quotes=quotes,
        order_lookup=OrderLookup(orders, lookups, limits.order_lookups),
        login_block=login_block,
        session_provider=build_session_provider(settings, stored_sessions),
        session_builder=build_session_builder(client, quotes, settings, metrics),
        preflight=_build_checkout_preflight(client, settings, refusal_count, metrics),
        checkout_refusal_count=refusal_count,
        link_tokens=LinkTokens(secret_key, previous=previous_keys),
        web_checkout_cookies=WebCheckoutCookies(secret_key, previous=previous_keys),
        rate_limit_counters=_build_rate_limit_counters(settings),
        shop_call_limits=limits,
        webhook_backlog=WebhookBacklog(DeliveryRepository(database), list_receivers(settings)),
    )


def _build_rate_limit_counters(settings: Settings) -> RateLimitCounters:
    url = settings.rate_limit_storage_url
    return RateLimitCounters(
        settings.secret_key.get_secret_value(), url.get_secret_value() if url else None
    )


def _build_checkout_preflight(
    client: MagentoClient,
    settings: Settings,
    refusal_count: CheckoutRefusalCount,
    metrics: WorkerMetrics | None,
) -> CheckoutPreflight | None:
    # To make a session through the shop's pages, checkout is opened in any case.
    if settings.checkout_preflight == "off" or settings.session_store_url.is_storefront:
        return None
    probe = CheckoutProbe(client, checkout_hosts=settings.checkout_hosts)
    session_store = open_shop_session_store(settings, timeout=SESSION_STORE_TIMEOUT)
    remembers = settings.checkout_preflight == "remember"
    accepted = AcceptedCheckouts(refusal_count) if remembers else None
    return CheckoutPreflight(
        probe, session_store, settings.store_views, settings.store_sites, accepted, metrics
    )
