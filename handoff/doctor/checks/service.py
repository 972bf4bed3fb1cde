"""Checks of the service: the host of its public address, its answer there, and its clock."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown, warning
from handoff.doctor.trial_sessions import open_page_without_session
from handoff.magento.http_transport import read_json
from handoff.magento.no_response import NoResponse
from handoff.settings.store_view_models import StoreSite

# Links expire by our clock alone, and sessions in Redis by the clock of Redis. A wrong clock has
# other effects: orders are searched at the wrong time, PHP deletes new session files as expired,
# and customer tokens expire unexpectedly. NTP and a slow response leave less than half a minute;
# from four minutes on these effects become frequent.
_CLOCK_WARNING_SECONDS = 30.0
_CLOCK_FAULT_SECONDS = 240.0
_CLOCK_ADVICE = "Synchronize both machines by NTP (timedatectl set-ntp true)."
_NGINX = (
    "add a line to the shop's server and reload nginx: `include /etc/handoff/nginx.conf;` "
    "The command handoff init writes this file, from docs/deploy/nginx-location.conf."
)


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
        f"Put the service on the shop's host: HANDOFF_PUBLIC_URL={url}, and in nginx {_NGINX}",
    )


def check_service_answers(context: CheckContext, site: StoreSite) -> CheckResult:
    """Check whether the service answers at its public address."""
    url, advice = site.public_url, "Start the service, then run doctor again."
    try:
        # If the shop answers instead of the service, it creates a session.
        response = open_page_without_session(context.shop, f"{url}/healthz")
    except NoResponse as error:
        return unknown(f"{url} cannot be reached from here. {error.reason}", advice)
    health = read_json(response)
    if response.status == 200 and isinstance(health, dict) and health.get("status") == "ok":
        return ok(f"It answers at {url}.")
    if response.status in (502, 503, 504):
        return unknown(f"The proxy at {url} answers {response.status}: it is down.", advice)
    return fault(
        f"Something else answers at {url} (status {response.status}).",
        f"Route the path of HANDOFF_PUBLIC_URL to the service. With nginx, {_NGINX}",
    )


def check_clock(context: CheckContext) -> CheckResult:
    """Compare our clock with the shop's `Date` header, plus the `Age` of a cached response."""
    response = context.ping_rest()
    now = time.time()
    try:
        shop_time = parsedate_to_datetime(response.headers["Date"]).timestamp()
        shop_time += float(response.headers.get("Age", 0))
    except (KeyError, ValueError):
        return unknown("The shop's responses have no Date header.")
    # Date has whole seconds, and was written while we waited for the response.
    difference = now - shop_time - response.seconds / 2 - 0.5
    size = abs(difference)
    direction = "ahead of" if difference > 0 else "behind"
    seen = f"Our clock is {size:.0f} seconds {direction} the shop's."
    if size >= _CLOCK_FAULT_SECONDS:
        effect = "Orders are searched at the wrong time, and PHP deletes session files too early."
        return fault(f"{seen} {effect}", _CLOCK_ADVICE)
    if size >= _CLOCK_WARNING_SECONDS:
        return warning(seen, _CLOCK_ADVICE)
    return ok(f"Our clock agrees with the shop's within {max(1, round(size))} s.")
