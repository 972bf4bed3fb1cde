"""The pages that shoppers see."""

from __future__ import annotations

from flask import Flask

from handoff.sandbox.catalogue import Product
from handoff.sandbox.display import BRAND, ROOMS, Display, display_of
from handoff.sandbox.money import plain
from handoff.sandbox.shop import current_shop
from handoff.sandbox.storefront import account, cart, checkout, pages, sections

BLUEPRINTS = (pages, cart, checkout, account, sections)


def register(app: Flask) -> None:
    for module in BLUEPRINTS:
        app.register_blueprint(module.bp)
    app.add_template_filter(plain)
    app.add_template_filter(lambda amount: current_shop().currency.price(amount), "price")
    app.add_template_filter(shown)
    app.jinja_env.globals.update(brand=BRAND, rooms=ROOMS)


def shown(product: Product) -> Display:
    return display_of(product.sku)
