"""Checks of building a cart: does GraphQL work, and is it fast enough for a transfer?"""

from __future__ import annotations

from math import ceil
from statistics import median

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, ok, unknown, warning
from handoff.doctor.doctor_shop_client import read_json
from handoff.doctor.trial_carts import build_graphql_cart, build_rest_cart

_MEASURED_CARTS = 3  # by REST and by GraphQL
_MAX_SHARE = 0.5  # of the time that a transfer has


def check_graphql(context: CheckContext) -> CheckResult:
    """Build a cart by the GraphQL that a transfer uses."""
    cart = context.build_graphql_cart()
    if cart.seconds is not None:
        return ok("It offers everything that a transfer uses.")
    data = read_json(cart.response)
    errors = data.get("errors") if isinstance(data, dict) else None
    message = f" The shop says: {str(errors[0].get('message', ''))[:150]}" if errors else ""
    return warning(
        f"It cannot build a cart ({cart.response.status}).{message} REST is slower.",
        "Let POST /graphql through to Magento, with the modules GraphQl and QuoteGraphQl.",
    )


def check_cart_build_time(context: CheckContext) -> CheckResult:
    """Compare the time to build a bag by REST and by GraphQL with the time of a transfer."""
    first, limit = (
        context.try_checkout(context.default_store).cart,
        context.settings.magento_timeout,
    )
    if first.sku is None:
        return unknown("No cart could be built.")
    shop, store, repetitions = context.shop, context.default_store, range(_MEASURED_CARTS - 1)
    rest_carts = [first, *(build_rest_cart(shop, store, [first.sku]) for _ in repetitions)]
    cart = median(each.cart_seconds for each in rest_carts if each.cart_seconds is not None)
    line = median(each.line_seconds for each in rest_carts if each.sku is not None)
    seen = f"REST {_format_ms(cart)}, and {_format_ms(line)} for each line"
    if context.build_graphql_cart().seconds is None:
        max_lines = max(1, int((limit - cart) / max(line, 0.001)))
        return warning(
            f"{seen}; no GraphQL. A bag of more than {max_lines} lines takes longer than the "
            f"{limit:g} s that a transfer has.",
            "Make GraphQL available, or raise HANDOFF_MAGENTO_TIMEOUT.",
        )
    graphql_carts = [context.build_graphql_cart()]
    graphql_carts += [build_graphql_cart(shop, store, first.sku) for _ in repetitions]
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
