"""Where a store view's shoppers are: its storefront, this service beside it, and their cookies."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal
from urllib.parse import SplitResult, urlencode, urlsplit

from pydantic import BaseModel, ConfigDict

from handoff.urls import is_cookie_sent_to

# Magento's own alphabet for an address inside an address.
_BASE64_IN_URL = str.maketrans("+/=", "-_,")


class SessionCookieSettings(BaseModel):
    """How the shop sets its own session cookie, so that ours replaces it and is no second one.

    `named_domain` is the domain that the shop names for it; without one it is the host's. A
    `lifetime` of 0 seconds is until the browser ends.
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
    """The addresses of one store view, `store_code` its code. Parts are worked out once."""

    store_code: str
    public_url: str
    storefront_url: str
    checkout_path: str
    session_cookie: SessionCookieSettings

    @cached_property
    def public_parts(self) -> SplitResult:
        """The parts of the address where this service is reached."""
        return urlsplit(self.public_url)

    @cached_property
    def public_origin(self) -> str:
        """Scheme, host and port of this service, as browsers write an Origin."""
        return f"{self.public_parts.scheme}://{self.public_parts.netloc}"

    @cached_property
    def storefront_parts(self) -> SplitResult:
        """The parts of the address where shoppers are."""
        return urlsplit(self.storefront_url)

    @cached_property
    def checkout_url(self) -> str:
        """The store view's checkout."""
        return f"{self.storefront_url}{self.checkout_path}"

    @cached_property
    def is_on_shop_host(self) -> bool:
        """Whether this service can set the cookies that the shop sets for its host alone."""
        return self.public_parts.hostname == self.storefront_parts.hostname

    @cached_property
    def landing_url(self) -> str:
        """Where a shopper goes who has been let in: checkout, in this store view.

        From another host the shop's own `store` cookie cannot be replaced. There the shop's
        switcher does it, and goes on to checkout.
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

    def faults(self) -> list[str]:
        """Say in sentences why a session cookie set here would not work there."""
        faults = []
        domain = self.session_cookie.domain.removeprefix(".")
        where = f"store view {self.store_code}"
        if not is_cookie_sent_to(self.public_parts.hostname or "", domain):
            faults.append(
                f"HANDOFF_PUBLIC_URL ({where}): from its host no browser takes a session cookie "
                f"for {domain}. Put the service on the shop's host, set the store view's "
                "public_url to where it is reached there, or set HANDOFF_SESSION_COOKIE_DOMAIN "
                "to a domain that covers both, as the shop's own cookie has it."
            )
        if not is_cookie_sent_to(self.storefront_parts.hostname or "", domain):
            faults.append(
                f"HANDOFF_SESSION_COOKIE_DOMAIN ({where}) does not cover the shop's host; a "
                "store view can have a cookie_domain of its own."
            )
        if self.public_parts.scheme != self.storefront_parts.scheme:
            faults.append(
                f"HANDOFF_PUBLIC_URL ({where}) and the shop's address have to be both http or "
                "both https."
            )
        if self.session_cookie.samesite == "None" and not self.session_cookie.secure:
            faults.append("HANDOFF_SESSION_COOKIE_SAMESITE: None works on https only.")
        return faults


class StoreSites:
    """The places of all store views, of which there is one at least."""

    def __init__(self, places: Iterable[StoreSite]) -> None:
        self._places = tuple(places)
        self._by_code = {place.store_code: place for place in self._places}
        self.origins = frozenset(place.public_origin for place in self._places)
        """The origins of this service, on all hosts of the stores."""

    def find_by_code(self, code: str | None) -> StoreSite:
        """Return the place of a store view by its code; of the first where it is not listed."""
        return self._by_code.get(code or "", self._places[0])

    def find_by_host(self, host: str) -> StoreSite:
        """Return the place of the first store view whose links are on a host (and port).

        Where none is, that of the first store view.
        """
        return next(
            (each for each in self._places if each.public_parts.netloc == host), self._places[0]
        )
