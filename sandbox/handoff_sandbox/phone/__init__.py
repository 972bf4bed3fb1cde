"""A phone to try the service with: the app on its screen, and Poq's cloud behind it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from flask import Flask, Response

from handoff_sandbox.phone.demo_context import DemoContext
from handoff_sandbox.phone.views import blueprint
from handoff_sandbox.phone.webhooks import WebhookReceiver


def create_phone(
    service_url: str,
    shop_url: str,
    key: str,
    *,
    form_service_url: str,
    link_ttl: int,
    logs: Sequence[Path],
    sessions: Path,
    webhook_secret: str,
) -> Flask:
    """Create the phone.

    The two services answer in one instruction style each. `logs` are their log files, `sessions`
    is PHP's save path. `webhook_secret` signs the events that the services send.
    """
    app = Flask(__name__, static_url_path="/static/phone")
    services = {"url": service_url, "form": form_service_url}
    webhooks = WebhookReceiver(webhook_secret)
    context = DemoContext(services, shop_url, key, link_ttl, tuple(logs), sessions, webhooks)
    app.extensions["phone"] = context
    app.register_blueprint(blueprint)

    @app.after_request
    def add_security_headers(response: Response) -> Response:
        # A form leads to a service, which redirects to the shop.
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            f"connect-src 'self'; form-action {' '.join(context.origins)}; "
            "frame-ancestors 'none'; base-uri 'none'"
        )
        # The Origin of a form is `null` without a referrer, as it is for an app's web view.
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return app
