"""Handoff: from the bag in a Poq app into the checkout of a Magento 2 shop."""

from __future__ import annotations

import os

import structlog
from flask import Flask

from handoff.direct.views import direct
from handoff.entry.languages import speak
from handoff.entry.policy import protect
from handoff.entry.theme import theme
from handoff.entry.views import entry
from handoff.ledger import Clock
from handoff.operate.failures import handle_failures
from handoff.operate.health import health
from handoff.operate.logs import configure_logging, log_requests
from handoff.operate.metrics import count_requests
from handoff.operate.openapi import describe
from handoff.operate.paths import serve_below
from handoff.operate.proxies import trust_proxies
from handoff.operate.reload import held_settings
from handoff.operate.time_limit import limit_time
from handoff.services import build_services, keep
from handoff.settings import Settings, load_settings, unknown_names
from handoff.transfer.views import transfer

__all__ = ["create_app"]

log = structlog.get_logger()


def create_app(settings: Settings | None = None, *, clock: Clock | None = None) -> Flask:
    """Build the service from the environment, or from settings that were loaded before.

    Raises SettingsError with all that is wrong with them.
    """
    configure_logging()
    settings = settings or held_settings() or load_settings()
    for name in unknown_names(os.environ):
        log.warning("unknown_setting", name=name)
    app = Flask(__name__)
    # Merging `//` would answer with a redirect, made of the Host header and with the link in it.
    app.url_map.merge_slashes = False
    keep(app, build_services(settings, clock=clock))
    for blueprint in (transfer, entry, theme, health):
        app.register_blueprint(blueprint)
    if settings.direct_entry:
        app.register_blueprint(direct)
    describe(app, settings)
    speak(app)
    limit_time(app, settings.magento_timeout)
    log_requests(app)
    if settings.metrics:
        count_requests(app)
    handle_failures(app)
    protect(app, settings)
    serve_below(app, settings)
    trust_proxies(app, settings)
    return app
