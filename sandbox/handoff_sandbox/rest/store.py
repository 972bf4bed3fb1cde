from __future__ import annotations

import json
from pathlib import Path

from flask import Blueprint

from handoff_sandbox.errors import NotFound
from handoff_sandbox.rest.access import ANYONE
from handoff_sandbox.rest.endpoint import endpoint
from handoff_sandbox.shop import current_shop, current_view

bp = Blueprint("store", __name__)

STORE = "Magento_Backend::store"
COUNTRIES = {"GB": ("GBR", "United Kingdom"), "IE": ("IRL", "Ireland")}
DATA = Path(__file__).parents[1] / "data"


@bp.get("/store/storeConfigs")
@endpoint(STORE, starts_session=False)
def store_configs() -> object:
    shop = current_shop()
    given = (DATA / "store_configs.json").read_text()
    return json.loads(
        given.replace("{url}", shop.url).replace("{currency}", shop.views.first.currency.code)
    )


@bp.get("/store/storeViews")
@endpoint(STORE, starts_session=False)
def store_views() -> object:
    return json.loads((DATA / "store_views.json").read_text())


@bp.get("/store/websites")
@endpoint(STORE, starts_session=False)
def websites() -> object:
    return json.loads((DATA / "websites.json").read_text())


@bp.get("/modules")
@endpoint("Magento_Backend::admin")
def modules() -> object:
    return ["Magento_Store", "Magento_Quote", "Magento_Sales", "Magento_Checkout"]


@bp.get("/directory/countries/<code>")
@endpoint(ANYONE, starts_session=False)
def country(code: str) -> object:
    """Show a country; neither of the two that the shop sends to has regions to choose from."""
    if code not in COUNTRIES:
        error = NotFound("The country isn't available.")
        error.starts_session = False
        raise error
    three_letters, name = COUNTRIES[code]
    return {
        "id": code,
        "two_letter_abbreviation": code,
        "three_letter_abbreviation": three_letters,
        "full_name_locale": name,
        "full_name_english": name,
    }


@bp.get("/directory/currency")
@endpoint(ANYONE, starts_session=False)
def currency() -> object:
    shown = current_view().currency
    code, symbol = shown.code, shown.symbol
    return {
        "base_currency_code": code,
        "base_currency_symbol": symbol,
        "default_display_currency_code": code,
        "default_display_currency_symbol": symbol,
        "available_currency_codes": [code],
        "exchange_rates": [{"currency_to": code, "rate": 1}],
    }
