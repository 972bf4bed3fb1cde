"""What the operator is told where the shop cannot be called as the settings say.

The errors of libraries hold whole addresses, and with them masked ids: only parts are logged.
"""

from __future__ import annotations

import ssl
from typing import NoReturn
from urllib.parse import urljoin, urlsplit

import structlog
from urllib3.exceptions import SSLError

from handoff.problems import ShopUnavailable

_REDIRECTED = (
    "HANDOFF_MAGENTO_URL is redirected. Set it to where REST itself answers; where that is an "
    "inner address, HANDOFF_MAGENTO_HOST to the shop's public host."
)
_CERTIFICATE = (
    "The certificate has to be for the host of HANDOFF_MAGENTO_URL, or, where that is an IP "
    "address, for HANDOFF_MAGENTO_HOST; HANDOFF_MAGENTO_CA_FILE names who vouches for it."
)

log = structlog.get_logger()


def raise_for_redirect(asked: str, location: str) -> NoReturn:
    """Raise ShopUnavailable; say where the shop sends REST calls, which are not followed."""
    here, there = _origin(asked, ""), _origin(asked, location)
    if here != there:
        log.error("shop_redirects", shop=here, to=there, hint=_REDIRECTED)
    raise ShopUnavailable("The shop sends REST calls to another address.")


def raise_for_certificate(error: SSLError) -> None:
    """Raise ShopUnavailable, and say why, where the shop's certificate is what was refused."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            log.error("shop_certificate_refused", why=cause.verify_message, hint=_CERTIFICATE)
            raise ShopUnavailable("The shop's certificate is not accepted.") from None
        cause = cause.__context__


def _origin(base: str, location: str) -> str:
    try:
        parts = urlsplit(urljoin(base, location))
    except ValueError:
        return "(no address)"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
