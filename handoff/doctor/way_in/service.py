"""Where the service stands, as shoppers and the shop's proxy see it."""

from __future__ import annotations

from collections.abc import Iterator

from handoff.doctor import sessions
from handoff.doctor.case import Case
from handoff.doctor.finding import Finding, fault, ok, unknown, warning
from handoff.doctor.probe import Silence
from handoff.settings.store_sites import StoreSite

_PROXY = "location /…/ { proxy_pass http://127.0.0.1:8000; access_log off; }"


def service_is_in_place(case: Case) -> Iterator[Finding]:
    """Compare our host with the shop's, and see whether we answer at our public address."""
    for place in case.places:
        yield _host(case.titled("Host of the service", place.store_code), place)
        yield _answers(case.titled("Service", place.store_code), case, place)


def _host(name: str, place: StoreSite) -> Finding:
    service, shop = place.public_parts.hostname or "", place.storefront_parts.hostname or ""
    domain = place.session_cookie.domain.removeprefix(".")
    if service == shop:
        return ok(name, f"The shop's own: {shop}.")
    if service.endswith(f".{domain}") or service == domain:
        return warning(
            name,
            f"{service}, beside the shop's {shop}; the cookie's domain {domain} covers both. What "
            "the shop has set for its own host, such as messages of the last shopper, stays.",
            "Better put the service below a path of the shop's host.",
        )
    return fault(
        name,
        f"{service}; no browser takes a cookie for {domain} from there.",
        "Put the service below a path of the shop's host: set HANDOFF_PUBLIC_URL to "
        f"{place.storefront_parts.scheme}://{place.storefront_parts.netloc}"
        "/handoff and add to the shop's "
        f"nginx: {_PROXY}",
    )


def _answers(name: str, case: Case, place: StoreSite) -> Finding:
    address = place.public_url
    try:
        reply = case.shop.get(f"{address}/healthz")
        sessions.leave_of(reply, case.settings, case.traces)  # where it is the shop that answers
    except Silence as silence:
        return unknown(
            name,
            f"{address} is not to be reached from here. {silence.words}",
            "Start the service, and look again.",
        )
    if reply.status == 200 and reply.data == {"status": "ok"}:
        return ok(name, f"It answers at {address}.")
    if reply.status in (502, 503, 504):
        return unknown(
            name,
            f"The proxy at {address} says that it is down ({reply.status}).",
            "Start the service, and look again.",
        )
    return fault(
        name,
        f"Something else answers at {address} ({reply.status}).",
        f"Send the path of HANDOFF_PUBLIC_URL to the service; with nginx: {_PROXY}",
    )
