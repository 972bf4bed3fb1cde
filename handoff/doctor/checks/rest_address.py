"""Check: does Magento's REST answer at its address, without a redirect?"""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok
from handoff.doctor.shop_client import read_json, read_message
from handoff.magento.http_transport import NoResponse


def check_rest_address(context: CheckContext) -> CheckResult:
    """Call an endpoint that is open to everybody, and check that Magento's REST answers."""
    url = f"{context.settings.magento_url}/rest/{context.default_store.code}/V1"
    try:
        response = context.ping_rest()
    except NoResponse as error:
        return fault(
            f"{url} does not answer. {error.reason}",
            "Make sure that the shop runs and that this machine can reach it.",
        )
    if response.location:
        return _report_redirect(url, urljoin(url, response.location))
    data = read_json(response)
    if response.status == 200 and isinstance(data, dict):
        return ok(f"{url} answers in {response.seconds * 1000:.0f} ms.")
    if response.status == 400 and data is not None:
        return fault(
            f"Magento answers, but has no store view '{context.default_store.code}'. It says: "
            f"{read_message(response)}",
            "Set the code of each entry of HANDOFF_STORES to the code of a store view (Stores, "
            "All Stores).",
        )
    if response.status in (502, 503, 504):
        return fault(
            f"The shop is down or in maintenance (status {response.status}).",
            "Run doctor again when it is open: bin/magento maintenance:status.",
        )
    if response.status in (401, 403):
        return fault(
            f"Something in front of Magento requires a login or blocks us ({response.status}).",
            "Let the service's address through the firewall or the basic authentication.",
        )
    return fault(
        f"Something other than Magento's REST answers at {url} (status {response.status}).",
        "Set HANDOFF_MAGENTO_URL to the shop's base URL, without rest/ and without index.php.",
    )


def _report_redirect(url: str, target: str) -> CheckResult:
    parts = urlsplit(target)
    base = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    path = parts.path.partition("/rest/")[0].rstrip("/") if "/rest/" in parts.path else ""
    return fault(
        f"{url} redirects to {base}; the service does not follow redirects of REST.",
        f"Set HANDOFF_MAGENTO_URL={base}{path}",
    )
