"""Each endpoint of Poq's Magento guide, asked as whoever the app asks it as.

Nothing is made by it: where an endpoint would make something it is sent an empty body, and has to
answer that the body lacks fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from handoff.doctor.case import Case
from handoff.doctor.finding import Finding, fault, ok, unknown
from handoff.doctor.probe import Reply

_ONE = {"searchCriteria[pageSize]": "1"}
_SEARCH = {
    "searchCriteria[requestName]": "quick_search_container",
    "searchCriteria[filterGroups][0][filters][0][field]": "search_term",
    "searchCriteria[filterGroups][0][filters][0][value]": "a",
    **_ONE,
}
_TOP_CATEGORY = "2"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint: as whom it is asked, and which statuses say that it serves."""

    path: str
    asked_as: str
    method: str = "GET"
    real_path: str = ""
    params: dict[str, str] = field(default_factory=dict)
    serves: tuple[int, ...] = (200,)
    right: str = ""


ENDPOINTS = (
    Endpoint("/search", "guest", params=_SEARCH),
    Endpoint("/products", "admin", params=_ONE, right="Catalog, Products"),
    Endpoint("/customers", "guest", method="POST", serves=(400,)),
    Endpoint("/customers/me", "customer"),
    Endpoint("/integration/customer/token", "guest", method="POST", serves=(400,)),
    Endpoint("/carts/mine", "customer", serves=(200, 404)),
    Endpoint("/guest-carts", "guest", method="POST"),
    Endpoint("/categories/list", "admin", params=_ONE, right="Catalog, Categories"),
    Endpoint(
        "/categories/{categoryId}",
        "admin",
        real_path=f"/categories/{_TOP_CATEGORY}",
        right="Catalog, Categories",
        serves=(200, 404),
    ),
    Endpoint(
        "/categories/{categoryId}/products",
        "admin",
        real_path=f"/categories/{_TOP_CATEGORY}/products",
        right="Catalog, Categories",
        serves=(200, 404),
    ),
)


def endpoints_serve(case: Case) -> Iterator[Finding]:
    """Ask every endpoint once."""
    for endpoint in ENDPOINTS:
        yield _ask(case, endpoint)


def _ask(case: Case, endpoint: Endpoint) -> Finding:
    name = f"{endpoint.method} {endpoint.path}"
    if endpoint.path == "/guest-carts":
        return _guest_carts(case, name)
    if endpoint.asked_as == "admin":
        token = case.admin().token
        if token is None:
            return unknown(name, "It is for administrators, of which there is none here.")
        return _judge(name, endpoint, _send(case, endpoint, token))
    if endpoint.asked_as == "customer":
        return _as_customer(case, name, endpoint)
    return _judge(name, endpoint, _send(case, endpoint, None))


def _guest_carts(case: Case, name: str) -> Finding:
    seconds = case.trial(case.store).seconds_to_make
    if seconds is None:
        return fault(name, "It makes no guest's cart.", "Let POST /guest-carts through to Magento.")
    return ok(name, f"A guest's cart is made, in {seconds * 1000:.0f} ms.")


def _as_customer(case: Case, name: str, endpoint: Endpoint) -> Finding:
    customer = case.customer()
    if customer is not None and customer.token is not None:
        return _judge(name, endpoint, _send(case, endpoint, customer.token))
    reply = _send(case, endpoint, None)
    if reply.status == 401:
        return ok(name, "It is there and asks for a customer's token. --customer-email tries one.")
    return _judge(name, endpoint, reply)


def _send(case: Case, endpoint: Endpoint, token: str | None) -> Reply:
    return case.shop.rest(
        endpoint.method,
        (endpoint.real_path or endpoint.path).removeprefix("/"),
        store=case.store,
        token=token,
        params=endpoint.params,
        body={} if endpoint.method == "POST" else None,
    )


def _judge(name: str, endpoint: Endpoint, reply: Reply) -> Finding:
    if reply.status in endpoint.serves and reply.data is not None:
        return ok(name, f"As {endpoint.asked_as}: served, in {reply.seconds * 1000:.0f} ms.")
    if reply.status in (401, 403) and endpoint.right:
        return fault(
            name,
            f"As {endpoint.asked_as}: denied ({reply.status}).",
            f"Give the role or the integration the right to {endpoint.right}.",
        )
    if reply.location:
        return fault(
            name,
            f"As {endpoint.asked_as}: redirected ({reply.status}).",
            "Set HANDOFF_MAGENTO_URL, and the address that Poq is told, to where REST itself is.",
        )
    said = f" The shop says: {reply.message}" if reply.message else ""
    return fault(
        name,
        f"As {endpoint.asked_as}: not served ({reply.status}).{said}",
        "Look whether a firewall, a cache or a switched off module stands before it.",
    )


def customer_gets_in(case: Case) -> Iterator[Finding]:
    """Log in the customer of the options."""
    name = "Customer's login"
    customer = case.customer()
    if customer is None:
        yield unknown(name, "No customer was named.", "Name a test customer with --customer-email.")
    elif customer.token is not None:
        yield ok(name, "E-mail and password are exchanged for a token.")
    else:
        status = customer.reply.status if customer.reply is not None else 0
        yield fault(
            name,
            f"The shop does not take e-mail and password ({status}).",
            "Try them on the shop's own login page. Where that asks for a captcha, switch it off "
            "for the API.",
        )
