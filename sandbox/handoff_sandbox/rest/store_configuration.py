"""Store views, websites, modules, countries and currencies."""

from __future__ import annotations

import json
from pathlib import Path

from flask import Blueprint

from handoff_sandbox.errors import NoSuchEntity
from handoff_sandbox.rest.authorization import ANYONE
from handoff_sandbox.rest.endpoint import endpoint
from handoff_sandbox.shop import get_current_shop, get_current_view

blueprint = Blueprint("store", __name__)

STORE = "Magento_Backend::store"
COUNTRIES = {"GB": ("GBR", "United Kingdom"), "IE": ("IRL", "Ireland")}
DATA = Path(__file__).parents[1] / "data"


@blueprint.get("/store/storeConfigs")
@endpoint(STORE, starts_session=False)
def list_store_configs() -> object:
    shop = get_current_shop()
    template = (DATA / "store_configs.json").read_text()
    return json.loads(
        template.replace("{url}", shop.url).replace("{currency}", shop.views.first.currency.code)
    )


@blueprint.get("/store/storeViews")
@endpoint(STORE, starts_session=False)
def list_store_views() -> object:
    return json.loads((DATA / "store_views.json").read_text())


@blueprint.get("/store/websites")
@endpoint(STORE, starts_session=False)
def list_websites() -> object:
    return json.loads((DATA / "websites.json").read_text())


@blueprint.get("/modules")
@endpoint("Magento_Backend::admin")
def list_modules() -> object:
    return ["Magento_Store", "Magento_Quote", "Magento_Sales", "Magento_Checkout"]


@blueprint.get("/directory/countries/<code>")
@endpoint(ANYONE, starts_session=False)
def show_country(code: str) -> object:
    """Show a country. Both countries of the shop have no regions to choose from."""
    if code not in COUNTRIES:
        error = NoSuchEntity("The country isn't available.")
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


@blueprint.get("/directory/currency")
@endpoint(ANYONE, starts_session=False)
def show_currency() -> object:
    currency = get_current_view().currency
    code, symbol = currency.code, currency.symbol
    return {
        "base_currency_code": code,
        "base_currency_symbol": symbol,
        "default_display_currency_code": code,
        "default_display_currency_symbol": symbol,
        "available_currency_codes": [code],
        "exchange_rates": [{"currency_to": code, "rate": 1}],
    }
