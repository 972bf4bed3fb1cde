"""The site of a store view: its storefront, the service's address on it, and the session cookie."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal
from urllib.parse import SplitResult, urlencode, urlsplit

from pydantic import BaseModel, ConfigDict

# Magento writes a URL inside a URL with this variant of base64.
_BASE64_IN_URL = str.maketrans("+/=", "-_,")


class SessionCookieSettings(BaseModel):
    """How the shop sets its session cookie. Ours must equal it, or the browser keeps both.

    `named_domain` is the cookie's Domain attribute; without one, the cookie is for its host alone.
    A cookie with a `lifetime` of 0 seconds lives until the browser is closed.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    domain: str
    named_domain: str | None
    path: str
    samesite: Literal["Lax", "Strict", "None"]
    lifetime: int
    secure: bool


@dataclass(frozen=True)
class StoreSite:
    """The addresses and the session cookie of the store view with the code `store_code`."""

    store_code: str
    public_url: str
    storefront_url: str
    checkout_path: str
    session_cookie: SessionCookieSettings

    @cached_property
    def public_parts(self) -> SplitResult:
        """The parsed public URL of this service."""
        return urlsplit(self.public_url)

    @cached_property
    def public_origin(self) -> str:
        """The scheme, host and port of this service, as a browser writes an Origin header."""
        return f"{self.public_parts.scheme}://{self.public_parts.netloc}"

    @cached_property
    def storefront_parts(self) -> SplitResult:
        """The parsed URL of the storefront."""
        return urlsplit(self.storefront_url)

    @cached_property
    def checkout_url(self) -> str:
        """The URL of the store view's checkout."""
        return f"{self.storefront_url}{self.checkout_path}"

    @cached_property
    def is_on_shop_host(self) -> bool:
        """Whether this service can set the cookies that the shop sets for its own host only."""
        return self.public_parts.hostname == self.storefront_parts.hostname

    @cached_property
    def landing_url(self) -> str:
        """The URL to which a used link redirects: checkout in this store view.

        A service on another host cannot replace the shop's own `store` cookie. Then it redirects
        to the shop's store switcher, which sets the cookie and redirects to checkout.
        """
        if self.is_on_shop_host:
            return self.checkout_url
        checkout = base64.b64encode(self.checkout_url.encode()).decode()
        query = {
            "___store": self.store_code,
            "___from_store": self.store_code,
            "uenc": checkout.translate(_BASE64_IN_URL),
        }
        return f"{self.storefront_url}/stores/store/switch/?{urlencode(query)}"


class StoreSites:
    """The sites of all store views. There is at least one."""

    def __init__(self, sites: Iterable[StoreSite]) -> None:
        self._sites = tuple(sites)
        self._by_code = {site.store_code: site for site in self._sites}
        self.origins = frozenset(site.public_origin for site in self._sites)
        """The origins of this service on all hosts of the stores."""

    def find_by_code(self, code: str | None) -> StoreSite:
        """Return the site of a store view by its code, or the first site for an unknown code."""
        return self._by_code.get(code or "", self._sites[0])

    def find_by_host(self, host: str) -> StoreSite:
        """Return the first site whose links are on a host (with its port), or the first of all."""
        found = (site for site in self._sites if site.public_parts.netloc == host)
        return next(found, self._sites[0])
