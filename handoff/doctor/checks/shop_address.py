"""Checks of the shop's addresses: does Magento's REST answer, and are the certificates valid?"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown, warning
from handoff.doctor.doctor_shop_client import read_message
from handoff.magento.http_transport import get_tls_name, read_json
from handoff.magento.no_response import NoResponse
from handoff.settings import Settings
from handoff.url_validation import is_loopback

_MIN_DAYS = 21
_SECONDS_PER_DAY = 86_400
_TIMEOUT = 5.0  # seconds


def check_rest_address(context: CheckContext) -> CheckResult:
    """Call an endpoint that is open to everybody, and check that Magento's REST answers."""
    store = context.default_store
    url = f"{context.settings.magento_url}/rest/{store.code}/V1"
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
            f"Magento has no store view '{store.code}'. It says: {read_message(response)}",
            "Correct the codes in HANDOFF_STORES; see Stores, All Stores.",
        )
    if response.status in (502, 503, 504):
        return fault(
            f"The shop is down or in maintenance (status {response.status}).",
            "Run doctor again when it is open: `bin/magento maintenance:status`.",
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


def check_tls(context: CheckContext) -> Iterator[CheckResult]:
    """Check the certificate of every https address, and report addresses with plain http."""
    sites = context.settings.store_sites.all
    urls = [context.settings.magento_url, *(site.storefront_url for site in sites)]
    for url in {urlsplit(url).netloc: url for url in urls}.values():
        if url.startswith("https:"):
            yield _check_certificate(url, context.settings)
        else:
            yield _report_plain_http(urlsplit(url).hostname or "")


def _report_plain_http(host: str) -> CheckResult:
    if is_loopback(host):
        return ok(f"{host} is this machine, so plain http is safe.")
    return warning(
        f"{host} is called by plain http: customer tokens can be read on the network.",
        "Use https, unless the network in between belongs to the shop alone.",
    )


def _check_certificate(url: str, settings: Settings) -> CheckResult:
    parts = urlsplit(url)
    host = parts.hostname or ""
    name = get_tls_name(url, settings.magento_host) or host
    try:
        days, version = _read_certificate(host, parts.port or 443, name, settings.magento_ca_file)
    except ssl.SSLCertVerificationError as error:
        return fault(
            f"The certificate of {host} is not accepted: {error.verify_message}.",
            "Renew it, with its whole chain. If an authority of your own has signed it, set "
            "HANDOFF_MAGENTO_CA_FILE to that authority's certificate.",
        )
    except (OSError, ValueError):
        return unknown(f"This machine cannot open a TLS connection to {host}.")
    if days < _MIN_DAYS:
        return warning(
            f"The certificate of {host} expires in {days} days.", "Renew the certificate."
        )
    return ok(f"{version}; the certificate of {host} is valid for {days} days.")


def _read_certificate(host: str, port: int, name: str, ca_file: str | None) -> tuple[int, str]:
    """Return the days until a server's certificate expires, and the version of TLS."""
    context = ssl.create_default_context(cafile=ca_file)
    with (
        socket.create_connection((host, port), timeout=_TIMEOUT) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        certificate = secure.getpeercert() or {}
        expires_at = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
        return int((expires_at - time.time()) // _SECONDS_PER_DAY), str(secure.version())
