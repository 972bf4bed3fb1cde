"""Creates the app of the ops pages, on the objects of the service."""

from __future__ import annotations

from flask import Flask

from handoff.ledger.ops_sign_in_tries import OpsSignInTries
from handoff.ledger.reconciliation_repository import ReconciliationRepository
from handoff.ledger.stage_counts import count_stages_by_day
from handoff.operations.ops_pages.error_pages import register_error_pages
from handoff.operations.ops_pages.host_and_origin_check import refuse_foreign_requests
from handoff.operations.ops_pages.ops_security_headers import add_ops_security_headers
from handoff.operations.ops_pages.ops_sessions import OpsSessions
from handoff.operations.ops_pages.order_check import OrderCheck
from handoff.operations.ops_pages.service_health import ServiceHealth
from handoff.operations.ops_pages.sign_in_views import SignInContext, register_sign_in_views
from handoff.operations.ops_pages.views import OpsContext, register_ops_views
from handoff.operations.request_limits import (
    ignore_impossible_dates,
    limit_header_length,
    limit_request_time,
)
from handoff.operations.request_log import log_requests
from handoff.operations.wsgi_middleware import ClientAddressMiddleware, add_request_ids
from handoff.recent_value import RecentValue
from handoff.resource_folders import find_resource_folder
from handoff.service_objects import ServiceObjects
from handoff.shop_client_factory import build_magento_client
from handoff.webhooks.receivers import build_outbox

_REQUEST_SECONDS = 15.0
_DAYS = 30
_COUNTS_FRESH_FOR = 60.0  # seconds; counting reads all handoffs of these days


def create_ops_app(objects: ServiceObjects) -> Flask:
    """Create the app. Without a password in the settings it has no page at all."""
    settings = objects.settings
    app = Flask(
        __name__,
        template_folder=find_resource_folder("templates") / "ops",
        static_folder=find_resource_folder("static") / "ops",
        static_url_path="/ops/static",
    )
    limit_request_time(app, seconds=_REQUEST_SECONDS)
    log_requests(app)
    limit_header_length(app)
    ignore_impossible_dates(app)
    refuse_foreign_requests(app, settings.ops_url)
    add_ops_security_headers(app, settings.ops_url)
    register_error_pages(app)
    if settings.ops_password is not None:
        _register_views(app, objects, settings.ops_password.get_secret_value())
    if settings.ops_url and settings.trusted_proxies:
        wsgi = ClientAddressMiddleware(app.wsgi_app, settings.trusted_proxies)
        app.wsgi_app = wsgi  # type: ignore[assignment,method-assign]
    add_request_ids(app, trust_proxy=bool(settings.ops_url and settings.trusted_proxies))
    return app


def _register_views(app: Flask, objects: ServiceObjects, password: str) -> None:
    settings, database = objects.settings, objects.database
    secret_key = settings.secret_key.get_secret_value()
    is_secure = bool(settings.ops_url and settings.ops_url.startswith("https:"))
    sessions = OpsSessions(database, secret_key=secret_key, password=password, is_secure=is_secure)
    sign_in = SignInContext(sessions, OpsSignInTries(database), password, secret_key)
    register_sign_in_views(app, sign_in)
    orders = objects.order_lookup.orders
    repository = ReconciliationRepository(database, build_outbox(settings))
    order_check = OrderCheck(database, objects.handoffs, repository, orders)
    health = ServiceHealth(
        settings,
        database,
        build_magento_client(settings),
        objects.build_readiness_check(),
        can_read_orders=orders is not None,
    )
    counts = RecentValue(lambda: count_stages_by_day(database, _DAYS), seconds=_COUNTS_FRESH_FOR)
    register_ops_views(app, OpsContext(settings, database, sessions, health, order_check, counts))
