"""The pages that shoppers see."""

from __future__ import annotations

from flask import Flask

from handoff_sandbox.catalogue import Product
from handoff_sandbox.demo_content import BRAND, CATEGORIES, get_content
from handoff_sandbox.formats import convert_to_json_number
from handoff_sandbox.storefront import (
    account_pages,
    cart_pages,
    catalogue_pages,
    checkout_pages,
    customer_sections,
    store_switcher,
)
from handoff_sandbox.storefront.visit import get_current_visit

_MODULES = (
    catalogue_pages,
    cart_pages,
    checkout_pages,
    account_pages,
    customer_sections,
    store_switcher,
)


def register_routes(app: Flask) -> None:
    """Add the storefront's pages and template filters to the shop's application."""
    for module in _MODULES:
        app.register_blueprint(module.blueprint)
    app.add_template_filter(convert_to_json_number, "number")
    app.add_template_filter(format_price, "price")
    app.add_template_filter(format_product_price, "product_price")
    app.add_template_filter(get_content, "content")
    app.jinja_env.globals.update(brand=BRAND, categories=CATEGORIES)


def format_price(amount: object) -> str:
    """Return an amount in the currency of the page."""
    return get_current_visit().currency.format_price(amount)


def format_product_price(product: Product) -> str:
    """Return a product's price in the currency of the page."""
    visit = get_current_visit()
    website = visit.view.website
    return format_price(website.get_base_price(product) * website.get_rate(visit.currency))
