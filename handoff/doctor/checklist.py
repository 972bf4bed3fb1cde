"""The list of all checks, by part and section of the report."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto

from handoff.doctor.check_result import CheckResult
from handoff.doctor.checks import (
    administrator,
    cart_building,
    catalogue,
    checkout,
    customer_account,
    ledger,
    link_answer_header_size,
    logo,
    poq_endpoints,
    search_and_filters,
    service,
    session_cookie,
    session_store,
    session_ties,
    settings,
    shop_address,
    shop_configuration,
    store_views,
    web_checkout,
)


class CheckScope(Enum):
    """The second argument of a check: none, each store view, each site, or the sample."""

    SHOP = auto()
    EACH_STORE_VIEW = auto()
    EACH_SITE = auto()
    CATALOGUE_SAMPLE = auto()


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
            Check("Settings", settings.check_settings, needs_rest=False),
            Check("Poq's keys", settings.check_api_keys, needs_rest=False),
            Check("Secret that signs links", settings.check_secret_key, needs_rest=False),
            Check(
                "Password of the session store",
                settings.check_session_store_password,
                needs_rest=False,
            ),
            Check("Ledger's disk", ledger.check_ledger_file_system, needs_rest=False),
            Check("Ledger", ledger.check_ledger, needs_rest=False),
        ),
        "Service and session store": (
            Check("Host of the service", service.check_service_host, _SITE, needs_rest=False),
            Check("Service", service.check_service_answers, _SITE, needs_rest=False),
            Check("Session store", session_store.check_session_store, needs_rest=False),
            Check("Clock", service.check_clock),
            Check("Shop's logo", logo.check_logo, needs_rest=False),
        ),
        "Session cookie": (
            Check("Cookie", session_cookie.check_session_cookie, _SITE, needs_rest=False),
            Check(
                "Who shares the cookie",
                session_cookie.check_cookie_receivers,
                _SITE,
                needs_rest=False,
            ),
            Check(
                "Headers of our answer",
                link_answer_header_size.check_link_answer_header_size,
                _SITE,
                needs_rest=False,
            ),
        ),
        "Into checkout": (
            Check("Bag into checkout", checkout.check_bag_into_checkout, _STORE),
            Check("Ties of sessions", session_ties.check_session_ties),
            Check("Customer's session", customer_account.check_customer_session),
            Check("Redirects of checkout", checkout.check_checkout_redirects, _STORE),
        ),
        "Back to the app": (
            Check("Script in checkout", web_checkout.check_script_in_checkout, _STORE),
            Check("Script on other pages", web_checkout.check_script_on_cart_page, _STORE),
            Check("Policy of checkout", web_checkout.check_checkout_page_policy, _STORE),
            Check("Policy of the success page", web_checkout.check_success_page_policy, _STORE),
            Check("Poq's script", web_checkout.check_poq_script_host, needs_rest=False),
        ),
    },
    "access": {
        "Address": (
            Check("Address of REST", shop_address.check_rest_address, needs_rest=False),
            Check("TLS", shop_address.check_tls, needs_rest=False),
        ),
        "Administrator": (
            Check("Administrator", administrator.check_administrator),
            Check("Right to read orders", administrator.check_order_access),
        ),
        "Store views": (Check("Store views", store_views.check_store_views),),
        "Endpoints of Poq's guide": (
            Check("Customer's login", customer_account.check_customer_login),
            Check("Endpoints", poq_endpoints.check_poq_endpoints),
        ),
        "Limits": (
            Check("Guest checkout", shop_configuration.check_guest_checkout),
            Check("Minimum amount", shop_configuration.check_minimum_order_amount),
            Check("Customer's token", shop_configuration.check_token_lifetime),
            Check("Quote", shop_configuration.check_quote_lifetime),
        ),
        "Speed": (
            Check("GraphQL", cart_building.check_graphql),
            Check("Time to build a bag", cart_building.check_cart_build_time),
            Check("Time of checkout", checkout.check_checkout_time),
        ),
    },
    "data": {
        "Shop": (Check("Category tree", catalogue.check_categories, _SAMPLE),),
        "Product list": (Check("Products", catalogue.check_product_list, _SAMPLE),),
        "Product page": (Check("Product page", catalogue.check_product_details, _SAMPLE),),
        "Search": (Check("Search", search_and_filters.check_search, _SAMPLE),),
        "Filters": (Check("Filters", search_and_filters.check_filterable_attributes, _SAMPLE),),
        "Cart": (
            Check("Test bag", checkout.check_test_bag),
            Check("By sku alone", catalogue.check_required_options_and_stock, _SAMPLE),
        ),
        "Account": (Check("Details", customer_account.check_customer_details),),
    },
}
