from __future__ import annotations

from flask import Response

from handoff_sandbox.storefront.visit import page, room, visit

bp = room("pages")


@bp.get("/")
def home() -> Response:
    return page("home.html", products=visit().shop.catalogue.shown())


@bp.get("/<key>.html")
def product(key: str) -> Response:
    found = visit().shop.catalogue.by_url_key(key)
    return not_found("") if found is None else page("product.html", product=found)


@bp.route("/<path:anything>", methods=["GET", "POST"])
def not_found(anything: str) -> Response:
    return page("not_found.html", 404)
