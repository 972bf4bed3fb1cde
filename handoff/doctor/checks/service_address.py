"""Checks of the service's public address: is its host right, and does it answer there?"""

from __future__ import annotations

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown, warning
from handoff.doctor.shop_client import read_json
from handoff.doctor.trial_sessions import register_session_of
from handoff.magento.http_transport import NoResponse
from handoff.settings.store_sites import StoreSite

_NGINX = "location /…/ { proxy_pass http://127.0.0.1:8000; access_log off; }"


def check_service_host(context: CheckContext, site: StoreSite) -> CheckResult:
    """Check whether the service's host can set the shop's session cookie."""
    service, shop = site.public_parts.hostname or "", site.storefront_parts.hostname or ""
    domain = site.session_cookie.domain.removeprefix(".")
    if service == shop:
        return ok(f"The shop's own host, {shop}.")
    if service.endswith(f".{domain}") or service == domain:
        return warning(
            f"{service}, beside the shop's {shop}; the cookie's domain {domain} covers both. We "
            "cannot remove cookies of the shop's host, such as messages to the last shopper.",
            "Better put the service below a path of the shop's host.",
        )
    url = f"{site.storefront_parts.scheme}://{site.storefront_parts.netloc}/handoff"
    return fault(
        f"{service}; no browser accepts a cookie for {domain} from there.",
        f"Put the service on the shop's host: HANDOFF_PUBLIC_URL={url}, and in nginx: {_NGINX}",
    )


def check_service_answers(context: CheckContext, site: StoreSite) -> CheckResult:
    """Check whether the service answers at its public address."""
    url, advice = site.public_url, "Start the service, then run doctor again."
    try:
        response = context.shop.get(f"{url}/healthz")
        # If the shop answers in place of the service, it creates a session.
        register_session_of(context.shop, response)
    except NoResponse as error:
        return unknown(f"{url} cannot be reached from here. {error.reason}", advice)
    if response.status == 200 and read_json(response) == {"status": "ok"}:
        return ok(f"It answers at {url}.")
    if response.status in (502, 503, 504):
        return unknown(f"The proxy at {url} answers {response.status}: it is down.", advice)
    return fault(
        f"Something else answers at {url} (status {response.status}).",
        f"Route the path of HANDOFF_PUBLIC_URL to the service; with nginx: {_NGINX}",
    )
