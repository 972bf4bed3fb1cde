"""Checks of every endpoint in Poq's Magento guide, called in the role in which the app calls it.

They create nothing but a guest cart: an endpoint that would create something gets an empty body,
and must answer that fields are missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown
from handoff.doctor.doctor_shop_client import read_message
from handoff.magento.client import ShopToken
from handoff.magento.http_transport import HttpResponse, read_json
from handoff.magento.search_criteria import SearchFilter, build_search_criteria

_ONE_ITEM = build_search_criteria(page_size=1)
_SEARCH = build_search_criteria(
    SearchFilter("search_term", "a"), page_size=1, request_name="quick_search_container"
)
_TOP_CATEGORY = "2"
_CATEGORIES = "Catalog, Categories"


@dataclass(frozen=True, slots=True)
class PoqEndpoint:
    """An endpoint: the role that calls it, the statuses of success, and the right it needs."""

    method: str
    path: str
    role: str
    statuses: tuple[int, ...] = (200,)
    params: dict[str, str] = field(default_factory=dict)
    right: str = ""

    @property
    def name(self) -> str:
        """The endpoint as Poq's guide writes it."""
        return f"{self.method} {self.path}"


POQ_ENDPOINTS = (
    PoqEndpoint("GET", "/search", "guest", params=_SEARCH),
    PoqEndpoint("GET", "/products", "admin", params=_ONE_ITEM, right="Catalog, Products"),
    PoqEndpoint("POST", "/customers", "guest", (400,)),
    PoqEndpoint("GET", "/customers/me", "customer"),
    PoqEndpoint("POST", "/integration/customer/token", "guest", (400,)),
    PoqEndpoint("GET", "/carts/mine", "customer", (200, 404)),
    PoqEndpoint("POST", "/guest-carts", "guest"),
    PoqEndpoint("GET", "/categories/list", "admin", params=_ONE_ITEM, right=_CATEGORIES),
    PoqEndpoint("GET", "/categories/{categoryId}", "admin", (200, 404), right=_CATEGORIES),
    PoqEndpoint("GET", "/categories/{categoryId}/products", "admin", (200, 404), right=_CATEGORIES),
)


def check_poq_endpoints(context: CheckContext) -> Iterator[CheckResult]:
    """Call every endpoint once."""
    for endpoint in POQ_ENDPOINTS:
        yield _check_endpoint(context, endpoint).with_name(endpoint.name)


def _check_endpoint(context: CheckContext, endpoint: PoqEndpoint) -> CheckResult:
    if endpoint.path == "/guest-carts":
        seconds = context.try_checkout(context.default_store).cart.cart_seconds
        if seconds is None:
            return fault("It creates no guest cart.", "Let POST /guest-carts through to Magento.")
        return ok(f"It creates a guest cart in {seconds * 1000:.0f} ms.")
    token = None
    if endpoint.role == "admin":
        token = context.provide_admin_token()
        if token is None:
            return unknown("This needs an administrator.")
    elif endpoint.role == "customer":
        token = context.provide_customer_token()
    response = _call_endpoint(context, endpoint, token)
    if endpoint.role == "customer" and token is None and response.status == 401:
        return ok("It exists and asks for a customer's token. Use --customer-email to try one.")
    return _build_result(endpoint, response)


def _call_endpoint(
    context: CheckContext, endpoint: PoqEndpoint, token: ShopToken | None
) -> HttpResponse:
    return context.shop.call_rest(
        endpoint.method,
        endpoint.path.removeprefix("/").replace("{categoryId}", _TOP_CATEGORY),
        store=context.default_store,
        token=token,
        params=endpoint.params,
        body={} if endpoint.method == "POST" else None,
    )


def _build_result(endpoint: PoqEndpoint, response: HttpResponse) -> CheckResult:
    role, status = endpoint.role, response.status
    if status in endpoint.statuses and read_json(response) is not None:
        return ok(f"It answers as {role} in {response.seconds * 1000:.0f} ms.")
    if status in (401, 403) and endpoint.right:
        advice = f"Give the role or the integration the right to {endpoint.right}."
        return fault(f"It is denied as {role} ({status}).", advice)
    if response.location:
        return fault(
            f"It redirects ({status}).",
            "Set HANDOFF_MAGENTO_URL, and the address that you give Poq, to that of REST itself.",
        )
    message = read_message(response)
    shop_message = f" The shop says: {message}" if message else ""
    return fault(
        f"It fails as {role} ({status}).{shop_message}",
        "Check whether a firewall, a cache or a disabled module blocks it.",
    )
