"""The pages that shoppers see."""

from __future__ import annotations

from flask import Flask

from handoff.sandbox.money import plain
from handoff.sandbox.shop import current_shop
from handoff.sandbox.storefront import account, cart, checkout, pages, sections

ROOMS = (pages, cart, checkout, account, sections)


def register(app: Flask) -> None:
    for room in ROOMS:
        app.register_blueprint(room.bp)
    app.add_template_filter(plain)
    app.add_template_filter(lambda amount: current_shop().currency.price(amount), "price")
