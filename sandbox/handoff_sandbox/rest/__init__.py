"""Magento's REST API, `/rest/V1` and `/rest/<scope>/V1`."""

from __future__ import annotations

from flask import Flask, Response

from handoff_sandbox.errors import NoSuchEntity
from handoff_sandbox.rest import (
    admin_carts,
    catalogue,
    customer_accounts,
    customer_carts,
    demo_media,
    guest_carts,
    login,
    orders,
    store_configuration,
)
from handoff_sandbox.rest.endpoint import build_error_response

_MODULES = (
    login,
    store_configuration,
    guest_carts,
    customer_carts,
    admin_carts,
    customer_accounts,
    catalogue,
    orders,
)


def register_routes(app: Flask) -> None:
    """Add all routes to the shop's application."""
    for module in _MODULES:
        app.register_blueprint(module.blueprint, url_prefix="/rest/V1")
        app.register_blueprint(
            module.blueprint, url_prefix="/rest/<scope>/V1", name=f"scoped_{module.blueprint.name}"
        )
    app.register_blueprint(demo_media.blueprint)
    app.add_url_rule(
        "/rest/<path:path>",
        view_func=answer_unknown_route,
        methods=["GET", "POST", "PUT", "DELETE"],
    )


def answer_unknown_route(path: str) -> Response:
    """Answer 404 for a path that no route matches."""
    error = NoSuchEntity("Request does not match any route.")
    error.starts_session = False
    return build_error_response(error)
