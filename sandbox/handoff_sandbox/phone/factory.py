from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from flask import Flask, Response

from handoff_sandbox.phone.views import bp
from handoff_sandbox.phone.world import World


def create_phone(
    service_url: str,
    shop_url: str,
    key: str,
    *,
    form_service_url: str,
    link_ttl: int,
    logs: Sequence[Path],
    sessions: Path,
) -> Flask:
    """Build the phone: two services that answer in one style each, their logs, PHP's save path."""
    app = Flask(__name__, static_url_path="/static/phone")
    services = {"url": service_url, "form": form_service_url}
    world = World(services, shop_url, key, link_ttl, tuple(logs), sessions)
    app.extensions["phone"] = world
    app.register_blueprint(bp)

    @app.after_request
    def protect(response: Response) -> Response:
        # Forms may lead to the services, and by their redirect to the shop.
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            f"connect-src 'self'; form-action {' '.join(world.origins)}; "
            "frame-ancestors 'none'; base-uri 'none'"
        )
        # An app has no address. Without a referrer a form's Origin is `null`, as an app's is.
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return app
