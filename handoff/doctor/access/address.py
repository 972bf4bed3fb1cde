"""Where REST is: does the shop answer there, with JSON, without a redirect, with a good TLS?"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from handoff.doctor.case import Case
from handoff.doctor.finding import Finding, fault, ok, unknown, warning
from handoff.doctor.probe import Silence
from handoff.magento.http_transport import get_tls_name
from handoff.settings import Settings

_NAME = "Address of REST"
_WARN_DAYS = 21
_A_DAY = 86_400  # seconds
_TLS_TIMEOUT = 5.0  # seconds


def rest_is_there(case: Case) -> Iterator[Finding]:
    """Ask what is open to all, and see that it is Magento's REST that answers."""
    address = f"{case.settings.magento_url}/rest/{case.store.code}/V1"
    try:
        reply = case.front_door()
    except Silence as silence:
        yield fault(
            _NAME,
            f"{address} does not answer. {silence.words}",
            "See that the shop runs, and that it can be reached from this machine.",
        )
        return
    if reply.location:
        yield _redirected(address, urljoin(address, reply.location))
    elif reply.status == 200 and isinstance(reply.data, dict):
        yield ok(_NAME, f"{address} answers, in {reply.seconds * 1000:.0f} ms.")
    elif reply.status == 400 and reply.data is not None:
        yield fault(
            _NAME,
            f"Magento answers, and knows no store view '{case.store.code}'. It says: "
            f"{reply.message}",
            "Set the code of each entry of HANDOFF_STORES to that of a store view "
            "(Stores, All Stores).",
        )
    elif reply.status in (502, 503, 504):
        yield fault(
            _NAME,
            f"The shop is down or in maintenance ({reply.status}).",
            "Look again when it is open: bin/magento maintenance:status.",
        )
    elif reply.status in (401, 403):
        yield fault(
            _NAME,
            f"Something before Magento asks for a login or shuts us out ({reply.status}).",
            "Let the service's address through the firewall or the basic authentication.",
        )
    else:
        yield fault(
            _NAME,
            f"What answers at {address} is not Magento's REST ({reply.status}).",
            "Set HANDOFF_MAGENTO_URL to the shop's base URL, without rest/ and without index.php.",
        )


def _redirected(asked: str, target: str) -> Finding:
    parts = urlsplit(target)
    base = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    path = parts.path.partition("/rest/")[0].rstrip("/") if "/rest/" in parts.path else ""
    return fault(
        _NAME,
        f"{asked} is redirected to {base}, and redirects of REST are not followed.",
        f"Set HANDOFF_MAGENTO_URL={base}{path}",
    )


def tls_is_good(case: Case) -> Iterator[Finding]:
    """Look at the certificate of every https address, and at what is on plain http."""
    urls = [case.settings.magento_url, *(place.storefront_url for place in case.places)]
    for address in {urlsplit(url).netloc: url for url in urls}.values():
        if address.startswith("https:"):
            yield _certificate(address, case.settings)
        else:
            yield _plain(address)


def _plain(address: str) -> Finding:
    host = urlsplit(address).hostname or ""
    if host == "localhost" or host.startswith("127.") or host == "::1":
        return ok("TLS", f"{host} is this machine: plain http stays inside it.")
    return warning(
        "TLS",
        f"{host} is called by plain http: customer tokens travel readable.",
        "Use https, unless the network between is the shop's own.",
    )


def _certificate(address: str, settings: Settings) -> Finding:
    parts = urlsplit(address)
    host = parts.hostname or ""
    name = get_tls_name(address, settings.magento_host) or host
    try:
        days, version = _days_left(host, parts.port or 443, name, settings.magento_ca_file)
    except ssl.SSLCertVerificationError as error:
        return fault(
            "TLS",
            f"The certificate of {host} is not accepted: {error.verify_message}.",
            "Renew it, with the whole chain. Where an authority of the shop's own vouches for it, "
            "name that in HANDOFF_MAGENTO_CA_FILE.",
        )
    except (OSError, ValueError):
        return unknown("TLS", f"No TLS connection to {host} can be made from here.")
    if days < _WARN_DAYS:
        return warning(
            "TLS", f"The certificate of {host} ends in {days} days.", "Renew the certificate."
        )
    return ok("TLS", f"{version}; the certificate of {host} is good for {days} days.")


def _days_left(host: str, port: int, name: str, ca_file: str | None) -> tuple[int, str]:
    context = ssl.create_default_context(cafile=ca_file)
    with (
        socket.create_connection((host, port), timeout=_TLS_TIMEOUT) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        certificate = secure.getpeercert() or {}
        ends = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
        return int((ends - time.time()) // _A_DAY), str(secure.version())
