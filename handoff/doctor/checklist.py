"""The list of all checks, by part and section of the report."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto

from handoff.doctor.check_result import CheckResult
from handoff.doctor.checks.administrator import check_administrator, check_order_access
from handoff.doctor.checks.bag_into_checkout import check_bag_into_checkout, check_test_bag
from handoff.doctor.checks.cart_building import check_cart_build_time, check_graphql
from handoff.doctor.checks.categories import check_categories
from handoff.doctor.checks.checkout_redirects import check_checkout_redirects
from handoff.doctor.checks.clock import check_clock
from handoff.doctor.checks.customer_account import check_customer_details, check_customer_login
from handoff.doctor.checks.customer_session import check_customer_session
from handoff.doctor.checks.filters import check_filters
from handoff.doctor.checks.guest_checkout import check_guest_checkout, check_minimum_amount
from handoff.doctor.checks.keys import (
    check_api_keys,
    check_secret_key,
    check_session_store_password,
)
from handoff.doctor.checks.ledger import check_ledger, check_ledger_disk
from handoff.doctor.checks.lifetimes import check_quote_lifetime, check_token_lifetime
from handoff.doctor.checks.poq_endpoints import check_poq_endpoints
from handoff.doctor.checks.products import (
    check_product_can_be_bought,
    check_product_list,
    check_product_page,
)
from handoff.doctor.checks.rest_address import check_rest_address
from handoff.doctor.checks.search import check_search
from handoff.doctor.checks.service_address import check_service_answers, check_service_host
from handoff.doctor.checks.session_cookie import check_cookie_scope, check_session_cookie
from handoff.doctor.checks.session_store import check_session_store
from handoff.doctor.checks.settings import check_settings
from handoff.doctor.checks.store_views import check_store_views
from handoff.doctor.checks.tls import check_tls


class CheckScope(Enum):
    """What a check is called with besides the context, and how often."""

    SHOP = auto()  # with nothing, once
    EACH_STORE_VIEW = auto()
    EACH_SITE = auto()
    CATALOGUE_SAMPLE = auto()  # once, if there is a sample


@dataclass(frozen=True, slots=True)
class Check:
    """A named check; one that needs REST is skipped if the shop's REST does not work."""

    name: str
    function: Callable[..., CheckResult | Iterable[CheckResult] | None]
    scope: CheckScope = CheckScope.SHOP
    needs_rest: bool = True


_STORE, _SITE = CheckScope.EACH_STORE_VIEW, CheckScope.EACH_SITE
_SAMPLE = CheckScope.CATALOGUE_SAMPLE

PART_TITLES = {
    "way-in": "From the link into checkout",
    "access": "Access to the shop's API",
    "data": "Data for the features of the app",
}
CHECKLIST: dict[str, dict[str, tuple[Check, ...]]] = {
    "way-in": {
        "Settings": (
            Check("Settings", check_settings, needs_rest=False),
            Check("Poq's keys", check_api_keys, needs_rest=False),
            Check("Secret that signs links", check_secret_key, needs_rest=False),
            Check("Password of the session store", check_session_store_password, needs_rest=False),
            Check("Ledger's disk", check_ledger_disk, needs_rest=False),
            Check("Ledger", check_ledger, needs_rest=False),
        ),
        "Service and session store": (
            Check("Host of the service", check_service_host, _SITE, needs_rest=False),
            Check("Service", check_service_answers, _SITE, needs_rest=False),
            Check("Session store", check_session_store, needs_rest=False),
            Check("Clock", check_clock),
        ),
        "Session cookie": (
            Check("Cookie", check_session_cookie, _SITE, needs_rest=False),
            Check("Who shares the cookie", check_cookie_scope, _SITE, needs_rest=False),
        ),
        "Into checkout": (
            Check("Bag into checkout", check_bag_into_checkout, _STORE),
            Check("Customer's session", check_customer_session),
            Check("Redirects of checkout", check_checkout_redirects, _STORE),
        ),
    },
    "access": {
        "Address": (
            Check("Address of REST", check_rest_address, needs_rest=False),
            Check("TLS", check_tls, needs_rest=False),
        ),
        "Administrator": (
            Check("Administrator", check_administrator),
            Check("Right to read orders", check_order_access),
        ),
        "Store views": (Check("Store views", check_store_views),),
        "Endpoints of Poq's guide": (
            Check("Customer's login", check_customer_login),
            Check("Endpoints", check_poq_endpoints),
        ),
        "Limits": (
            Check("Guest checkout", check_guest_checkout),
            Check("Minimum amount", check_minimum_amount),
            Check("Customer's token", check_token_lifetime),
            Check("Quote", check_quote_lifetime),
        ),
        "Speed": (
            Check("GraphQL", check_graphql),
            Check("Time to build a bag", check_cart_build_time),
        ),
    },
    "data": {
        "Shop": (Check("Category tree", check_categories, _SAMPLE),),
        "Product list": (Check("Products", check_product_list, _SAMPLE),),
        "Product page": (Check("Product page", check_product_page, _SAMPLE),),
        "Search": (Check("Search", check_search, _SAMPLE),),
        "Filters": (Check("Filters", check_filters, _SAMPLE),),
        "Cart": (
            Check("Test bag", check_test_bag),
            Check("By sku alone", check_product_can_be_bought, _SAMPLE),
        ),
        "Account": (Check("Details", check_customer_details),),
    },
}
