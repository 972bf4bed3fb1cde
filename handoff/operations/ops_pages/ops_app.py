"""Creates the app of the ops pages from the settings, on the ledger of the service."""

from __future__ import annotations

from flask import Flask

from handoff.ledger import Database, HandoffRepository
from handoff.ledger.ops_sign_in_tries import OpsSignInTries
from handoff.ledger.reconciliation_repository import ReconciliationRepository
from handoff.ledger.stage_counts import count_stages_by_day
from handoff.operations.health import ReadinessCheck
from handoff.operations.ops_pages.error_pages import register_error_pages
from handoff.operations.ops_pages.host_and_origin_check import refuse_foreign_requests
from handoff.operations.ops_pages.ops_security_headers import add_ops_security_headers
from handoff.operations.ops_pages.ops_sessions import OpsSessions
from handoff.operations.ops_pages.order_check import OrderCheck
from handoff.operations.ops_pages.service_health import ServiceHealth
from handoff.operations.ops_pages.sign_in_views import SignInContext, register_sign_in
from handoff.operations.ops_pages.views import OpsContext, register_ops_views
from handoff.operations.proxy_middleware import ClientAddressMiddleware
from handoff.operations.request_ids import add_request_ids
from handoff.operations.request_limits import limit_header_length, limit_request_time
from handoff.operations.request_log import log_requests
from handoff.operations.settings_reload import get_settings_read_time
from handoff.recent_value import RecentValue
from handoff.resource_folders import find_resource_folder
from handoff.settings import Settings
from handoff.shop_client_factory import build_login_block, open_client, open_orders
from handoff.shop_session_factory import build_session_provider, open_stored_session_repository
from handoff.webhooks.backlog import WebhookBacklog
from handoff.webhooks.delivery_queue import DeliveryQueue
from handoff.webhooks.receivers import build_outbox, list_receivers

_REQUEST_SECONDS = 15.0
_DAYS = 30
_COUNTS_FRESH_FOR = 60.0  # seconds; counting reads all handoffs of these days
_SESSION_STORE_TIMEOUT = 2.0  # seconds


def create_ops_app(settings: Settings, database: Database) -> Flask:
    """Create the app. Without a password in the settings it has no page at all."""
    app = Flask(
        __name__,
        template_folder=find_resource_folder("templates") / "ops",
        static_folder=find_resource_folder("static") / "ops",
        static_url_path="/ops/static",
    )
    limit_request_time(app, seconds=_REQUEST_SECONDS)
    log_requests(app)
    limit_header_length(app)
    refuse_foreign_requests(app, settings.ops_url)
    add_ops_security_headers(app, settings.ops_url)
    register_error_pages(app)
    if settings.ops_password is not None:
        _register_views(app, settings, database, settings.ops_password.get_secret_value())
    if settings.ops_url and settings.trusted_proxies:
        wsgi = ClientAddressMiddleware(app.wsgi_app, settings.trusted_proxies)
        app.wsgi_app = wsgi  # type: ignore[assignment,method-assign]
    add_request_ids(app, trust_proxy=bool(settings.ops_url and settings.trusted_proxies))
    return app


def _register_views(app: Flask, settings: Settings, database: Database, password: str) -> None:
    secret_key = settings.secret_key.get_secret_value()
    is_secure = bool(settings.ops_url and settings.ops_url.startswith("https:"))
    sessions = OpsSessions(database, secret_key=secret_key, password=password, is_secure=is_secure)
    sign_in = SignInContext(sessions, OpsSignInTries(database), password, secret_key)
    register_sign_in(app, sign_in)
    block = build_login_block(settings, database, settings_read_at=get_settings_read_time())
    client = open_client(settings)
    orders = open_orders(client, settings, block)
    outbox = build_outbox(settings)
    order_check = OrderCheck(
        database,
        HandoffRepository(database, ttl=settings.link_ttl, grace=settings.reopen_grace),
        ReconciliationRepository(database, outbox),
        orders,
    )
    session_provider = build_session_provider(
        settings, open_stored_session_repository(settings, database), timeout=_SESSION_STORE_TIMEOUT
    )
    backlog = WebhookBacklog(DeliveryQueue(database), list_receivers(settings))
    readiness = ReadinessCheck(database, session_provider, block, backlog)
    health = ServiceHealth(
        settings, database, client, readiness, can_read_orders=orders is not None
    )
    counts = RecentValue(lambda: count_stages_by_day(database, _DAYS), seconds=_COUNTS_FRESH_FOR)
    register_ops_views(app, OpsContext(settings, database, sessions, health, order_check, counts))
