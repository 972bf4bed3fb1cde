"""The app factory: builds the objects that live as long as the service, and the Flask app."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

import structlog
from flask import Flask
from prometheus_client.registry import Collector

from handoff.concurrency_limit import (
    ConcurrencyLimit,
    ShopCallLimits,
    build_shop_call_limits,
)
from handoff.deadline import clear_request_deadline, set_request_deadline
from handoff.direct_entry.views import DirectEntryContext, register_direct_entry
from handoff.entry.checkout_redirect import CheckoutRedirect
from handoff.entry.page_rendering import PageRenderer, init_babel
from handoff.entry.security_headers import add_security_headers
from handoff.entry.theme_css import register_theme_css
from handoff.entry.views import EntryContext, register_entry
from handoff.ledger import (
    Clock,
    CompletionRepository,
    Database,
    HandoffRepository,
    Leases,
    LedgerUnreachable,
    RefusedTransferRepository,
    ShownPageRepository,
    StoredSessions,
    find_newest_schema_version,
    migrate,
    open_database,
    read_schema_version,
    require_all_columns,
)
from handoff.ledger.checkout_refusals import CheckoutRefusals
from handoff.ledger.handoff_progress import read_handoff_progress
from handoff.ledger.order_lookup_repository import OrderLookupRepository
from handoff.ledger.webhook_outbox import WebhookOutbox
from handoff.link_tokens import LinkTokens
from handoff.magento.checkout_probe import CheckoutProbe
from handoff.magento.client import MagentoClient
from handoff.magento.quotes import Quotes
from handoff.operations import gunicorn_config
from handoff.operations.caller_authentication import CallerAuthentication
from handoff.operations.error_handlers import register_error_handlers
from handoff.operations.header_limits import limit_header_length
from handoff.operations.health import ReadinessCheck, register_health_endpoints
from handoff.operations.json_logs import configure_logging
from handoff.operations.metric_collectors import HandoffCollector, ServiceHealthCollector
from handoff.operations.metrics_endpoint import register_metrics
from handoff.operations.openapi_document import register_openapi
from handoff.operations.proxy_middleware import add_proxy_middleware
from handoff.operations.rate_limits import RateLimit, RateLimitCounters
from handoff.operations.request_ids import add_request_ids
from handoff.operations.request_log import log_requests
from handoff.operations.settings_reload import get_cached_settings, get_settings_read_time
from handoff.order_lookup import OrderLookup
from handoff.resource_folders import find_resource_folder
from handoff.settings import Settings, find_unknown_names, load_settings
from handoff.shop_client_factory import build_login_block, open_client, open_orders
from handoff.shop_session_factory import (
    build_session_builder,
    build_session_provider,
    open_shop_session_store,
    open_stored_sessions,
)
from handoff.transfer.accepted_checkouts import AcceptedCheckouts
from handoff.transfer.checkout_preflight import SESSION_STORE_TIMEOUT, CheckoutPreflight
from handoff.transfer.quote_resolver import QuoteResolver
from handoff.transfer.storefront_session_builder import StorefrontSessionBuilder
from handoff.transfer.transfer_service import TransferService
from handoff.transfer.views import TransferContext, register_transfer
from handoff.web_checkout.cart_page_reports import CartPageReports
from handoff.web_checkout.completion_messages import CompletionMessages
from handoff.web_checkout.poq_script import PoqScriptCache
from handoff.web_checkout.script_bundle import build_script
from handoff.web_checkout.transfer_status_views import (
    TransferStatusContext,
    register_transfer_status,
)
from handoff.web_checkout.views import WebCheckoutContext, register_web_checkout
from handoff.web_checkout_cookies import WebCheckoutCookies
from handoff.webhooks.backlog import WebhookBacklog
from handoff.webhooks.delivery_queue import DeliveryQueue
from handoff.webhooks.receivers import list_receivers, open_outbox
from handoff.worker_metrics import WorkerMetrics, open_worker_metrics

DATABASE_EXTENSION = "handoff.database"
"""The key of the ledger's Database in `app.extensions`; whoever creates an app may close it."""

log = structlog.get_logger()

_LEASE_MARGIN = 2.0  # seconds that a lease lasts longer than a transfer may take
_CART_PAGES_PER_MINUTE = 1  # of one web view
_ORDER_REPORTS_PER_MINUTE = 60  # of one web view
_POQ_SCRIPTS_PER_MINUTE = 10  # files that are fetched for one web view or address


def create_app(settings: Settings | None = None, *, clock: Clock | None = None) -> Flask:
    """Create the app from the environment, or from the given settings.

    `clock` replaces the database's clock, for tests. Raises SettingsError with all faults.
    """
    os.umask(0o077)  # all files that the service makes are private, also without `handoff serve`
    configure_logging()
    settings = settings or get_cached_settings() or load_settings()
    for name in find_unknown_names(os.environ):
        log.warning("unknown_setting", name=name)
    app = Flask(
        __name__,
        template_folder=find_resource_folder("templates"),
        static_folder=find_resource_folder("static"),
    )
    # For `//`, werkzeug would redirect to a URL with the Host header and the link in it.
    app.url_map.merge_slashes = False
    database = _open_ledger(settings, clock)
    app.extensions[DATABASE_EXTENSION] = database
    metrics = open_worker_metrics() if settings.metrics else None
    readiness = _register_views(app, settings, database, metrics)
    register_health_endpoints(app, readiness, is_paused=settings.paused)
    register_theme_css(app, settings.shop_accent, settings.shop_accent_dark)
    register_openapi(app, settings)
    init_babel(app, settings.page_texts)
    _limit_request_time(app, settings.magento_timeout)
    log_requests(app)
    limit_header_length(app)
    if settings.metrics:
        register_metrics(app, metrics, _build_collectors(settings, database, readiness))
    add_security_headers(app, settings)
    add_proxy_middleware(app, settings)
    add_request_ids(app, trust_proxy=settings.trusted_proxies > 0)
    return app


def _register_views(
    app: Flask, settings: Settings, database: Database, metrics: WorkerMetrics | None
) -> ReadinessCheck:
    """Build the objects of the views and register these; return the check of what they need."""
    outbox = open_outbox(settings, database)
    stored_sessions = open_stored_sessions(settings, database)
    handoffs = _open_handoffs(settings, database, outbox, stored_sessions)
    client = open_client(settings, metrics)
    block = build_login_block(settings, database, settings_read_at=get_settings_read_time())
    orders = open_orders(client, settings, block)
    quotes = QuoteResolver(Quotes(client), settings.store_views, orders)
    sessions = build_session_provider(settings, stored_sessions)
    link_tokens = _build_link_tokens(settings)
    sites = settings.store_sites
    pages = PageRenderer(settings, ShownPageRepository(database))
    counters = _build_rate_limit_counters(settings)
    refusals = CheckoutRefusals(database)
    preflight = _build_checkout_preflight(client, settings, refusals, metrics)
    limits = _build_shop_call_limits(settings, metrics)
    builder = build_session_builder(client, quotes, settings, metrics)
    build_transfers = _prepare_transfer_service(
        settings, database, handoffs, quotes, preflight, builder
    )
    transfers = build_transfers(limits.transfers)
    _register_api(app, settings, database, handoffs, transfers, counters)
    lookups = OrderLookupRepository(database, outbox)
    order_lookup = OrderLookup(orders, lookups, limits.order_lookups)
    cookies = _build_web_checkout_cookies(settings)
    checkout = CheckoutRedirect(handoffs, order_lookup, sessions, link_tokens, cookies, pages)
    limit = RateLimit(counters, "unknown_link", settings.refusals_per_minute)
    entry = EntryContext(settings, sites, handoffs, link_tokens, pages, checkout, limit)
    register_entry(app, entry)
    if settings.direct_entry:
        transfers = build_transfers(limits.direct_entries)
        _register_direct_entry(app, settings, entry, transfers, counters)
    reports = CompletionMessages(handoffs, order_lookup, CompletionRepository(database))
    cart_pages = CartPageReports(handoffs, refusals)
    _register_web_checkout(app, settings, cookies, reports, cart_pages, counters)
    register_error_handlers(app, pages)
    return ReadinessCheck(database, sessions, block, _build_backlog(settings, database))


def _open_handoffs(
    settings: Settings,
    database: Database,
    outbox: WebhookOutbox | None,
    stored_sessions: StoredSessions | None,
) -> HandoffRepository:
    ttl, grace = settings.link_ttl, settings.reopen_grace
    return HandoffRepository(
        database, ttl=ttl, grace=grace, outbox=outbox, sessions=stored_sessions
    )


def _build_shop_call_limits(settings: Settings, metrics: WorkerMetrics | None) -> ShopCallLimits:
    return build_shop_call_limits(
        gunicorn_config.threads, direct_entry=settings.direct_entry, metrics=metrics
    )


def _prepare_transfer_service(
    settings: Settings,
    database: Database,
    handoffs: HandoffRepository,
    quotes: QuoteResolver,
    preflight: CheckoutPreflight | None,
    builder: StorefrontSessionBuilder | None,
) -> Callable[[ConcurrencyLimit], TransferService]:
    """Return a function that builds the service for transfers under a limit."""
    seconds = settings.magento_timeout
    leases = Leases(database, seconds=seconds + _LEASE_MARGIN)
    return partial(
        TransferService,
        handoffs,
        leases,
        quotes,
        preflight,
        timeout=seconds,
        session_builder=builder,
    )


def _register_api(
    app: Flask,
    settings: Settings,
    database: Database,
    handoffs: HandoffRepository,
    transfers: TransferService,
    counters: RateLimitCounters,
) -> None:
    limit = RateLimit(counters, "wrong_key", settings.refusals_per_minute)
    callers = CallerAuthentication(settings.api_keys, limit)
    refusals = RefusedTransferRepository(database)
    limit = RateLimit(counters, "transfer", settings.transfers_per_minute)
    tokens, sites = _build_link_tokens(settings), settings.store_sites
    transfer = TransferContext(settings, sites, tokens, transfers, refusals, callers, limit)
    register_transfer(app, transfer)
    limit = RateLimit(counters, "transfer_status", settings.transfers_per_minute)
    status = TransferStatusContext(settings.link_ttl, handoffs, refusals, callers, limit)
    register_transfer_status(app, status)


def _register_direct_entry(
    app: Flask,
    settings: Settings,
    entry: EntryContext,
    transfers: TransferService,
    counters: RateLimitCounters,
) -> None:
    refused = RateLimit(counters, "refused_entry", settings.refusals_per_minute)
    entered = RateLimit(counters, "entered_quote", settings.entries_per_minute)
    register_direct_entry(app, DirectEntryContext(entry, transfers, refused, entered))


def _register_web_checkout(
    app: Flask,
    settings: Settings,
    cookies: WebCheckoutCookies,
    reports: CompletionMessages,
    cart_pages: CartPageReports,
    counters: RateLimitCounters,
) -> None:
    limit = RateLimit(counters, "poq_script", _POQ_SCRIPTS_PER_MINUTE)
    poq_scripts = PoqScriptCache(settings.poq_assets_url, limit)
    sites, script = settings.store_sites, build_script(settings)
    origins = sites.origins | frozenset(settings.form_action_origins)
    limit = RateLimit(counters, "order_report", _ORDER_REPORTS_PER_MINUTE)
    cart_page_limit = RateLimit(counters, "cart_page", _CART_PAGES_PER_MINUTE)
    register_web_checkout(
        app,
        WebCheckoutContext(
            script,
            origins,
            sites,
            cookies,
            poq_scripts,
            reports,
            limit,
            cart_pages,
            cart_page_limit,
        ),
    )


def _limit_request_time(app: Flask, seconds: float) -> None:
    """Give each request one deadline for all its calls to shop, ledger and session store."""

    @app.before_request
    def _start_request_deadline() -> None:
        set_request_deadline(seconds)

    @app.teardown_request
    def _end_request_deadline(_error: BaseException | None) -> None:
        clear_request_deadline()


def _open_ledger(settings: Settings, clock: Clock | None) -> Database:
    database = open_database(settings.database_url.get_secret_value(), clock)
    try:
        # Reading the version needs no lock; migrating does. A worker that replaces a dead one
        # must not fail because the ledger is locked.
        if read_schema_version(database) != find_newest_schema_version():
            migrate(database)
        require_all_columns(database)
    except LedgerUnreachable:
        # The database server may be restarting while a worker starts. Nothing needs it yet, and
        # the command that started the service has checked the tables.
        log.warning("ledger_unreachable_at_start")
    return database


def _build_link_tokens(settings: Settings) -> LinkTokens:
    previous = [key.get_secret_value() for key in settings.previous_secret_keys]
    return LinkTokens(settings.secret_key.get_secret_value(), previous=previous)


def _build_web_checkout_cookies(settings: Settings) -> WebCheckoutCookies:
    previous = [key.get_secret_value() for key in settings.previous_secret_keys]
    return WebCheckoutCookies(settings.secret_key.get_secret_value(), previous=previous)


def _build_backlog(settings: Settings, database: Database) -> WebhookBacklog:
    return WebhookBacklog(DeliveryQueue(database), list_receivers(settings))


def _build_collectors(
    settings: Settings, database: Database, readiness: ReadinessCheck
) -> list[Collector]:
    reconciles = bool(settings.magento_access_token or settings.magento_admin_password)
    return [
        ServiceHealthCollector(readiness, settings.paused),
        HandoffCollector(partial(read_handoff_progress, database), reconciles=reconciles),
        _build_backlog(settings, database),
    ]


def _build_rate_limit_counters(settings: Settings) -> RateLimitCounters:
    url = settings.rate_limit_storage_url
    return RateLimitCounters(
        settings.secret_key.get_secret_value(), url.get_secret_value() if url else None
    )


def _build_checkout_preflight(
    client: MagentoClient,
    settings: Settings,
    refusals: CheckoutRefusals,
    metrics: WorkerMetrics | None,
) -> CheckoutPreflight | None:
    # To make a session through the shop's pages, checkout is opened in any case.
    if settings.checkout_preflight == "off" or settings.session_store_url.is_storefront:
        return None
    probe = CheckoutProbe(client, checkout_hosts=settings.checkout_hosts)
    session_store = open_shop_session_store(settings, timeout=SESSION_STORE_TIMEOUT)
    remembers = settings.checkout_preflight == "remember"
    accepted = AcceptedCheckouts(refusals) if remembers else None
    return CheckoutPreflight(
        probe, session_store, settings.store_views, settings.store_sites, accepted, metrics
    )
