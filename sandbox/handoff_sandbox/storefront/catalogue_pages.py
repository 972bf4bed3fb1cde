"""The home page, the product pages, and the answer to unknown paths."""

from __future__ import annotations

from flask import Response

from handoff_sandbox.storefront.responses import render_page
from handoff_sandbox.storefront.visit import get_current_visit
from handoff_sandbox.storefront.visit_blueprint import build_blueprint

blueprint = build_blueprint("catalogue_pages")


@blueprint.get("/")
def show_home() -> Response:
    return render_page("home.html", products=get_current_visit().shop.catalogue.list_visible())


@blueprint.get("/<key>.html")
def show_product(key: str) -> Response:
    product = get_current_visit().shop.catalogue.find_by_url_key(key)
    return show_not_found("") if product is None else render_page("product.html", product=product)


@blueprint.route("/<path:anything>", methods=["GET", "POST"])
def show_not_found(anything: str) -> Response:
    return render_page("not_found.html", 404)
