"""Handoff: from the bag in a Poq app into the checkout of a Magento 2 shop."""

from __future__ import annotations

import os

import structlog
from flask import Flask

from handoff.direct_entry.views import direct_entry_blueprint
from handoff.entry.languages import init_babel
from handoff.entry.security_headers import add_security_headers
from handoff.entry.theme_css import theme_blueprint
from handoff.entry.views import entry_blueprint
from handoff.ledger import Clock
from handoff.operations import gunicorn_config
from handoff.operations.client_address import add_client_address_middleware
from handoff.operations.error_handlers import register_error_handlers
from handoff.operations.health import ReadinessCheck, register_health_endpoints
from handoff.operations.json_logs import configure_logging
from handoff.operations.metrics import register_metrics
from handoff.operations.openapi import register_openapi
from handoff.operations.path_prefix import add_path_prefix_middleware
from handoff.operations.request_deadline import add_request_deadline
from handoff.operations.request_log import log_requests
from handoff.operations.settings_reload import get_cached_settings
from handoff.resource_folders import find_resource_folder
from handoff.services import build_services, keep
from handoff.settings import Settings, find_unknown_names, load_settings
from handoff.transfer.views import transfer_blueprint

__all__ = ["create_app"]

log = structlog.get_logger()


def create_app(settings: Settings | None = None, *, clock: Clock | None = None) -> Flask:
    """Build the service from the environment, or from settings that were loaded before.

    Raises SettingsError with all that is wrong with them.
    """
    configure_logging()
    settings = settings or get_cached_settings() or load_settings()
    for name in find_unknown_names(os.environ):
        log.warning("unknown_setting", name=name)
    app = Flask(
        __name__,
        template_folder=find_resource_folder("templates"),
        static_folder=find_resource_folder("static"),
    )
    # Merging `//` would answer with a redirect, made of the Host header and with the link in it.
    app.url_map.merge_slashes = False
    services = build_services(settings, threads=gunicorn_config.threads, clock=clock)
    keep(app, services)
    for blueprint in (transfer_blueprint, entry_blueprint, theme_blueprint):
        app.register_blueprint(blueprint)
    if settings.direct_entry:
        app.register_blueprint(direct_entry_blueprint)
    register_health_endpoints(app, ReadinessCheck(services.ledger, services.sessions))
    register_openapi(app, settings)
    init_babel(app)
    add_request_deadline(app, settings.magento_timeout)
    log_requests(app)
    if settings.metrics:
        register_metrics(app)
    register_error_handlers(app)
    add_security_headers(app, settings)
    add_path_prefix_middleware(app, settings)
    add_client_address_middleware(app, settings)
    return app
