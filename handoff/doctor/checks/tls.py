"""Check: does every address of the shop have a valid TLS certificate?"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown, warning
from handoff.magento.http_transport import get_tls_name
from handoff.settings import Settings

_MIN_DAYS = 21
_SECONDS_PER_DAY = 86_400
_TIMEOUT = 5.0  # seconds


def check_tls(context: CheckContext) -> Iterator[CheckResult]:
    """Check the certificate of every https address, and report plain http."""
    urls = [context.settings.magento_url, *(site.storefront_url for site in context.sites)]
    for url in {urlsplit(url).netloc: url for url in urls}.values():
        if url.startswith("https:"):
            yield _check_certificate(url, context.settings)
        else:
            yield _check_plain_http(urlsplit(url).hostname or "")


def _check_plain_http(host: str) -> CheckResult:
    if host == "localhost" or host.startswith("127.") or host == "::1":
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
