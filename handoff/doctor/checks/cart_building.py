"""Checks of building a cart: does GraphQL work, and is it fast enough for a transfer?"""

from __future__ import annotations

from math import ceil
from statistics import median

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, ok, unknown, warning
from handoff.doctor.trial_carts import create_rest_cart, try_graphql_cart
from handoff.magento.graphql_missing_features import GraphqlFailure, classify_graphql_failure
from handoff.magento.graphql_product_pages import PAGE_SIZE
from handoff.magento.http_transport import HttpResponse, read_json

_MEASURED_CARTS = 3  # by REST and by GraphQL
_MAX_SHARE = 0.5  # of the time that a transfer has
_PRODUCT_SEARCH = (
    f'{{ products(filter: {{sku: {{in: ["x"]}}}}, pageSize: {PAGE_SIZE}) {{ total_count }} }}'
)
_NAME_PRODUCT = "Name a simple product that is for sale: --sku."


def check_graphql(context: CheckContext) -> CheckResult:
    """Send the GraphQL that transfers use: build a cart, and search for products."""
    cart = context.try_graphql_cart()
    failed = _classify_failure(cart.response) if cart.seconds is None else None
    if failed is None:
        search = context.shop.call_graphql(_PRODUCT_SEARCH, store=context.default_store)
        failed = None if _has_products(search) else _classify_failure(search)
    if failed is None and context.try_checkout(context.default_store).cart.sku is None:
        return unknown("It created a cart, but no product was found to add to it.", _NAME_PRODUCT)
    if failed is None:
        return ok(f"It offers everything that a transfer uses. {_describe_version(context)}")
    if failed.reason == "missing_field":
        return warning(
            f"It does not know the field {failed.detail}, which Magento has from 2.4.4 on. REST "
            "is slower, and shows variants without their options.",
            "Update Magento, or find the module that has changed the schema of GraphQL.",
        )
    if failed.reason == "page_size_limit":
        return warning(
            f"graphql/validation/maximum_page_size allows pages of {failed.detail}, and a "
            f"transfer asks for {PAGE_SIZE} products. Without them variants have no options.",
            "Raise it: Stores, Configuration, Services, Magento Web API, GraphQL Input Limits.",
        )
    return warning(
        f"It cannot build a cart. It answers: {failed.detail}. REST is slower.",
        "Let POST /graphql through to Magento, with the modules GraphQl and QuoteGraphQl.",
    )


def _classify_failure(response: HttpResponse) -> GraphqlFailure:
    return classify_graphql_failure(response, read_json(response))


def _has_products(response: HttpResponse) -> bool:
    data = read_json(response)
    found = data.get("data") if isinstance(data, dict) else None
    return isinstance(found, dict) and found.get("products") is not None


def _describe_version(context: CheckContext) -> str:
    config = context.read_store_config(context.default_store)
    if "is_guest_checkout_enabled" in config:
        return "It is that of Magento 2.4.7 or later. 2.4.7 and 2.4.8 were tried with Handoff."
    return "It is that of Magento 2.4.4 to 2.4.6. 2.4.6 was tried with Handoff."


def check_cart_build_time(context: CheckContext) -> CheckResult:
    """Compare the time to build a bag by REST and by GraphQL with the time of a transfer."""
    first, limit = (
        context.try_checkout(context.default_store).cart,
        context.settings.magento_timeout,
    )
    if first.sku is None:
        return unknown("No cart could be built.")
    shop, store, repetitions = context.shop, context.default_store, range(_MEASURED_CARTS - 1)
    rest_carts = [first, *(create_rest_cart(shop, store, [first.sku]) for _ in repetitions)]
    cart = median(each.cart_seconds for each in rest_carts if each.cart_seconds is not None)
    line = median(each.line_seconds for each in rest_carts if each.sku is not None)
    seen = f"REST {_format_ms(cart)}, and {_format_ms(line)} for each line"
    if context.try_graphql_cart().seconds is None:
        max_lines = max(1, int((limit - cart) / max(line, 0.001)))
        return warning(
            f"{seen}; no GraphQL. A bag of more than {max_lines} lines takes longer than the "
            f"{limit:g} s that a transfer has.",
            "Make GraphQL available, or raise HANDOFF_MAGENTO_TIMEOUT.",
        )
    graphql_carts = [context.try_graphql_cart()]
    graphql_carts += [try_graphql_cart(shop, store, first.sku) for _ in repetitions]
    graphql = median(each.seconds for each in graphql_carts if each.seconds is not None)
    break_even = max(1, ceil((graphql - cart) / max(line, 0.001)))
    seen += (
        f"; GraphQL {_format_ms(graphql)} for a whole bag, so GraphQL is faster from "
        f"{break_even} line{'s' if break_even > 1 else ''} on. Bags are built by GraphQL."
    )
    if max(graphql, cart + line) > limit * _MAX_SHARE:
        return warning(
            f"{seen} That is more than half of the {limit:g} s that a transfer has.",
            "Find out why the shop is slow, or raise HANDOFF_MAGENTO_TIMEOUT.",
        )
    return ok(seen)


def _format_ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
