"""The app factory: creates the Flask app and registers all views."""

from __future__ import annotations

import os

import structlog
from flask import Flask

from handoff.direct_entry.views import DirectEntryContext, register_direct_entry_views
from handoff.entry.checkout_redirect import CheckoutRedirect
from handoff.entry.page_rendering import PageRenderer, init_babel
from handoff.entry.theme_css import register_theme_css
from handoff.entry.views import EntryContext, register_entry_views
from handoff.ledger.database import Clock, Database, LedgerUnreachable, open_database
from handoff.ledger.migrate import (
    get_newest_schema_version,
    migrate,
    read_schema_version,
    require_all_columns,
)
from handoff.ledger.refused_transfer_repository import RefusedTransferRepository
from handoff.operations.caller_authentication import CallerAuthentication
from handoff.operations.error_handlers import register_error_handlers
from handoff.operations.health import register_health_endpoints
from handoff.operations.json_logs import configure_logging
from handoff.operations.metrics_endpoint import register_metrics
from handoff.operations.openapi_document import register_openapi
from handoff.operations.rate_limits import RateLimit
from handoff.operations.request_limits import (
    ignore_impossible_dates,
    limit_header_length,
    limit_request_time,
)
from handoff.operations.request_log import log_requests
from handoff.operations.security_headers import add_security_headers
from handoff.operations.settings_reload import get_cached_settings
from handoff.operations.wsgi_middleware import add_proxy_middleware, add_request_ids
from handoff.resource_folders import find_resource_folder
from handoff.service_objects import ServiceObjects, build_service_objects
from handoff.settings import Settings, find_unknown_names, load_settings
from handoff.transfer.transfer_status_views import (
    TransferStatusContext,
    register_transfer_status_views,
)
from handoff.transfer.views import TransferContext, register_transfer_views
from handoff.web_checkout.order_messages import OrderMessages
from handoff.web_checkout.poq_script_cache import PoqScriptCache
from handoff.web_checkout.script_bundle import build_script
from handoff.web_checkout.sent_to_cart_page import CartPageReports
from handoff.web_checkout.views import WebCheckoutContext, register_web_checkout_views
from handoff.worker_metrics import open_worker_metrics

OBJECTS_EXTENSION = "handoff.objects"
"""The key of the ServiceObjects in `app.extensions`; who creates an app closes the ledger."""

log = structlog.get_logger()

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
    database = _open_and_migrate_ledger(settings, clock)
    # None also if the disk is full; then `/metrics` shows what needs no counter.
    metrics = open_worker_metrics() if settings.metrics else None
    objects = build_service_objects(settings, database, metrics)
    app.extensions[OBJECTS_EXTENSION] = objects
    _register_views(app, objects)
    readiness = objects.build_readiness_check()
    register_health_endpoints(app, readiness, is_paused=settings.paused)
    register_theme_css(app, settings.shop_accent, settings.shop_accent_dark)
    register_openapi(app, settings)
    init_babel(app, settings.page_texts)
    limit_request_time(app, seconds=settings.magento_timeout)
    log_requests(app)
    limit_header_length(app)
    ignore_impossible_dates(app)
    if settings.metrics:
        register_metrics(app, metrics, objects.build_collectors(readiness))
    add_security_headers(app, settings)
    add_proxy_middleware(app, settings)
    add_request_ids(app, trust_proxy=settings.trusted_proxies > 0)
    return app


def _register_views(app: Flask, objects: ServiceObjects) -> None:
    settings, counters = objects.settings, objects.rate_limit_counters
    pages = PageRenderer(settings, objects.database)
    _register_api(app, objects)
    checkout = CheckoutRedirect(
        objects.handoffs,
        objects.order_lookup,
        objects.session_provider,
        objects.link_tokens,
        objects.web_checkout_cookies,
        pages,
    )
    limit = RateLimit(counters, "unknown_link", settings.refusals_per_minute)
    entry = EntryContext(
        settings,
        settings.store_sites,
        objects.handoffs,
        objects.link_tokens,
        pages,
        checkout,
        limit,
    )
    register_entry_views(app, entry)
    if settings.direct_entry:
        _register_direct_entry(app, objects, entry)
    _register_web_checkout(app, objects)
    register_error_handlers(app, pages)


def _register_api(app: Flask, objects: ServiceObjects) -> None:
    settings, counters = objects.settings, objects.rate_limit_counters
    transfers = objects.build_transfer_service(objects.shop_call_limits.transfers)
    limit = RateLimit(counters, "wrong_key", settings.refusals_per_minute)
    callers = CallerAuthentication(settings.api_keys, limit)
    refusals = RefusedTransferRepository(objects.database)
    limit = RateLimit(counters, "transfer", settings.transfers_per_minute)
    tokens, sites = objects.link_tokens, settings.store_sites
    views = settings.store_views
    transfer = TransferContext(settings, views, sites, tokens, transfers, refusals, callers, limit)
    register_transfer_views(app, transfer)
    limit = RateLimit(counters, "transfer_status", settings.transfers_per_minute)
    status = TransferStatusContext(settings.link_ttl, objects.handoffs, refusals, callers, limit)
    register_transfer_status_views(app, status)


def _register_direct_entry(app: Flask, objects: ServiceObjects, entry: EntryContext) -> None:
    settings, counters = objects.settings, objects.rate_limit_counters
    transfers = objects.build_transfer_service(objects.shop_call_limits.direct_entries)
    refused = RateLimit(counters, "refused_entry", settings.refusals_per_minute)
    entered = RateLimit(counters, "entered_quote", settings.entries_per_minute)
    register_direct_entry_views(app, DirectEntryContext(entry, transfers, refused, entered))


def _register_web_checkout(app: Flask, objects: ServiceObjects) -> None:
    settings, counters = objects.settings, objects.rate_limit_counters
    limit = RateLimit(counters, "poq_script", _POQ_SCRIPTS_PER_MINUTE)
    register_web_checkout_views(
        app,
        WebCheckoutContext(
            build_script(settings),
            settings.store_sites.origins | frozenset(settings.form_action_origins),
            settings.store_sites,
            objects.web_checkout_cookies,
            PoqScriptCache(settings.poq_assets_url, limit),
            OrderMessages(objects.database, objects.handoffs, objects.order_lookup),
            RateLimit(counters, "order_report", _ORDER_REPORTS_PER_MINUTE),
            CartPageReports(objects.handoffs, objects.checkout_refusal_count),
            RateLimit(counters, "cart_page", _CART_PAGES_PER_MINUTE),
        ),
    )


def _open_and_migrate_ledger(settings: Settings, clock: Clock | None) -> Database:
    database = open_database(settings.database_url.get_secret_value(), clock)
    try:
        # Reading the version needs no lock; migrating does. A worker that replaces a dead one
        # must not fail because the ledger is locked.
        if read_schema_version(database) != get_newest_schema_version():
            migrate(database)
        require_all_columns(database)
    except LedgerUnreachable:
        # The database server may be restarting while a worker starts. Nothing needs it yet, and
        # the command that started the service has checked the tables.
        log.warning("ledger_unreachable_at_start")
    return database
