"""`HANDOFF_STORES` against the shop's store views, websites and currencies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from handoff.doctor.case import Case
from handoff.doctor.finding import Finding, fault, ok, unknown, warning
from handoff.settings.store_views import StoreView


def stores_are_the_shops(case: Case) -> Iterator[Finding]:
    """Compare every entry with what the shop says of the store view with that code."""
    views, websites = _ask(case, "store/storeViews"), _ask(case, "store/websites")
    for store in case.stores:
        yield _numbers(case, store, views, websites)
        yield _currency(case, store)
    yield from _not_listed(case, views)


def _ask(case: Case, path: str) -> list[dict[str, Any]]:
    """Return the rows, none where nobody may ask for them."""
    token = case.admin().token
    if token is None:
        return []
    rows = case.shop.rest("GET", path, store=case.store, token=token).data
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _numbers(
    case: Case, store: StoreView, views: list[dict[str, Any]], websites: list[dict[str, Any]]
) -> Finding:
    name = f"Store view {store.code}"
    if not views:
        return _by_graphql(name, store, case.config(store))
    view = next((row for row in views if row.get("code") == store.code), None)
    if view is None:
        known = ", ".join(str(row.get("code")) for row in views if row.get("id"))
        return fault(
            name,
            f"The shop has none with this code. It has: {known}.",
            "Correct the code in HANDOFF_STORES.",
        )
    website = next((row for row in websites if row.get("id") == view.get("website_id")), {})
    shops = {
        "store_id": view.get("id"),
        "website_id": view.get("website_id"),
        "website_code": website.get("code", store.website_code),
    }
    wrong = {key: value for key, value in shops.items() if getattr(store, key) != value}
    if wrong:
        listed = ", ".join(f"{key} {getattr(store, key)}" for key in wrong)
        right = ", ".join(f'"{key}": {_json(value)}' for key, value in wrong.items())
        return fault(
            name, f"HANDOFF_STORES has {listed}, which the shop has not.", f"Set {right} for it."
        )
    if not view.get("is_active", 1):
        return fault(name, "It is switched off.", "Switch it on (Stores, All Stores).")
    return ok(
        name,
        f"Number {store.store_id}, in website {store.website_id} ({store.website_code}), as the "
        "shop has it.",
    )


def _by_graphql(name: str, store: StoreView, config: dict[str, Any]) -> Finding:
    """Compare what GraphQL tells to all: the website's code, but no numbers."""
    website = config.get("website_code")
    if website is None:
        return unknown(name, "Only an administrator may ask for store views.")
    if website != store.website_code:
        return fault(
            name,
            f"HANDOFF_STORES has website_code {store.website_code}; the shop says {website}.",
            f'Set "website_code": "{website}" for it.',
        )
    return ok(name, f"In website {website}. Its numbers only an administrator may ask for.")


def _currency(case: Case, store: StoreView) -> Finding:
    name = f"Currency of {store.code}"
    reply = case.shop.rest("GET", "directory/currency", store=store)
    data = reply.data if isinstance(reply.data, dict) else {}
    shops = data.get("default_display_currency_code")
    if reply.status != 200 or not shops:
        return unknown(name, f"The shop does not tell it ({reply.status}).")
    if shops != store.currency:
        return fault(
            name,
            f"HANDOFF_STORES has {store.currency}; a quote made there is in {shops}, and every "
            "transfer is refused.",
            f'Set "currency": "{shops}" for it, or list the store view that sells in '
            f"{store.currency}.",
        )
    return ok(name, f"{shops}, as the shop has it.")


def _not_listed(case: Case, views: list[dict[str, Any]]) -> Iterator[Finding]:
    listed = {store.code for store in case.stores}
    others = [
        str(row.get("code"))
        for row in views
        if row.get("id") and row.get("is_active", 1) and row.get("code") not in listed
    ]
    if others:
        yield warning(
            "Other store views",
            f"The shop has more than HANDOFF_STORES lists: {', '.join(others)}.",
            "Where the app sells in them, list them: their quotes are refused as it is.",
        )


def _json(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
