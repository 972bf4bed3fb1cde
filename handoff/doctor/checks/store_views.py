"""Checks of HANDOFF_STORES against the store views, websites and currencies of the shop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown, warning
from handoff.magento.http_transport import read_json
from handoff.settings.store_view_models import StoreView

Items = list[dict[str, Any]]


def check_store_views(context: CheckContext) -> Iterator[CheckResult]:
    """Compare every entry with the shop's store view of the same code."""
    views, websites = (
        _read_store_objects(context, "storeViews"),
        _read_store_objects(context, "websites"),
    )
    for store in context.settings.stores:
        if views:
            result = _check_ids(store, views, websites)
        else:
            result = _check_website_code(store, context.read_store_config(store))
        yield result.with_name(f"Store view {store.code}")
        yield _check_currency(context, store).with_name(f"Currency of {store.code}")
    listed = {store.code for store in context.settings.stores}
    active = [item for item in views if item.get("id") and item.get("is_active", 1)]
    unlisted = [str(item.get("code")) for item in active if item.get("code") not in listed]
    if unlisted:
        yield warning(
            f"The shop has store views that HANDOFF_STORES does not list: {', '.join(unlisted)}.",
            "If the app sells in them, list them: their quotes are refused until then.",
        ).with_name("Other store views")


def _read_store_objects(context: CheckContext, name: str) -> Items:
    """Return the store views or websites; an empty list without an administrator."""
    token, store = context.provide_admin_token(), context.default_store
    if token is None:
        return []
    items = read_json(context.shop.call_rest("GET", f"store/{name}", store=store, token=token))
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _check_ids(store: StoreView, views: Items, websites: Items) -> CheckResult:
    view = next((item for item in views if item.get("code") == store.code), None)
    if view is None:
        known = ", ".join(str(item.get("code")) for item in views if item.get("id"))
        return fault(
            f"The shop has no store view with this code. It has: {known}.",
            "Correct the code in HANDOFF_STORES.",
        )
    website = next((item for item in websites if item.get("id") == view.get("website_id")), {})
    in_shop = {
        "store_id": view.get("id"),
        "website_id": view.get("website_id"),
        "website_code": website.get("code", store.website_code),
    }
    if difference := _find_difference(store, in_shop):
        return difference
    if not view.get("is_active", 1):
        return fault("It is switched off.", "Switch it on (Stores, All Stores).")
    website_text = f"website {store.website_id} ({store.website_code})"
    return ok(f"Number {store.store_id} in {website_text}, as in the shop.")


def _check_website_code(store: StoreView, config: dict[str, Any]) -> CheckResult:
    """Compare the website's code. GraphQL shows it to everybody, but not the numbers."""
    website_code = config.get("website_code")
    if website_code is None:
        return unknown("Reading store views needs an administrator.")
    seen = f"In website {website_code}. Checking its numbers needs an administrator."
    return _find_difference(store, {"website_code": website_code}) or ok(seen)


def _check_currency(context: CheckContext, store: StoreView) -> CheckResult:
    response = context.shop.call_rest("GET", "directory/currency", store=store)
    data = read_json(response)
    currency = data.get("default_display_currency_code") if isinstance(data, dict) else None
    if response.status != 200 or not currency:
        return unknown(f"The shop does not give it (status {response.status}).")
    consequence = f"Every transfer is refused, since quotes in this store view are in {currency}."
    return _find_difference(
        store, {"currency": currency}, consequence, f"a store view in {store.currency}"
    ) or ok(f"{currency}, as in the shop.")


def _find_difference(
    store: StoreView, in_shop: dict[str, Any], consequence: str = "", other: str = ""
) -> CheckResult | None:
    """Return a fault if the shop has other values than the entry of HANDOFF_STORES."""
    wrong = {key: value for key, value in in_shop.items() if getattr(store, key) != value}
    if not wrong:
        return None
    given = ", ".join(f"{key} {getattr(store, key)}" for key in wrong)
    right = ", ".join(f'"{key}": {json.dumps(value)}' for key, value in wrong.items())
    return fault(
        f"HANDOFF_STORES has {given}; the shop does not. {consequence}".rstrip(),
        f"Set {right} for it{f', or list {other}' if other else ''}.",
    )
