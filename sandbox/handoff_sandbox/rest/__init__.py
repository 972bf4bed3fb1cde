"""Magento's REST API, `/rest/V1` and `/rest/<scope>/V1`."""

from __future__ import annotations

from flask import Flask, Response

from handoff_sandbox.errors import NotFound
from handoff_sandbox.rest import (
    admin_carts,
    catalogue,
    customers,
    dressing,
    guest_carts,
    my_carts,
    orders,
    store,
    tokens,
)
from handoff_sandbox.rest.endpoint import refuse

ROOMS = (tokens, store, guest_carts, my_carts, admin_carts, customers, catalogue, orders)


def register(app: Flask) -> None:
    for room in ROOMS:
        app.register_blueprint(room.bp, url_prefix="/rest/V1")
        app.register_blueprint(
            room.bp, url_prefix="/rest/<scope>/V1", name=f"scoped_{room.bp.name}"
        )
    app.register_blueprint(dressing.bp)
    app.add_url_rule(
        "/rest/<path:path>",
        view_func=no_such_route,
        methods=["GET", "POST", "PUT", "DELETE"],
    )


def no_such_route(path: str) -> Response:
    error = NotFound("Request does not match any route.")
    error.starts_session = False
    return refuse(error)
