"""The pages that shoppers see."""

from __future__ import annotations

from flask import Flask

from handoff_sandbox.catalogue import Product
from handoff_sandbox.display import BRAND, ROOMS, shown
from handoff_sandbox.money import plain
from handoff_sandbox.storefront import account, cart, checkout, pages, sections, stores
from handoff_sandbox.storefront.visit import visit

BLUEPRINTS = (pages, cart, checkout, account, sections, stores)


def register(app: Flask) -> None:
    for module in BLUEPRINTS:
        app.register_blueprint(module.bp)
    app.add_template_filter(plain)
    app.add_template_filter(lambda amount: visit().currency.price(amount), "price")
    app.add_template_filter(price_of)
    app.add_template_filter(shown)
    app.jinja_env.globals.update(brand=BRAND, rooms=ROOMS)


def price_of(product: Product) -> str:
    """Give what a product costs on the page, as shoppers read it."""
    now = visit()
    amount = now.view.website.base_price(product) * now.view.website.rate(now.currency)
    return now.currency.price(amount)
