"""Store views: Magento's codes and numbers, their sites, and lookups of store views.

The site of a store view is its storefront, the service's address on it, and the session cookie.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlencode, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from handoff.settings.value_types import require_pattern
from handoff.url_validation import BaseUrl, is_ip_address

# Magento's form says "letters (a-z)" and accepts capitals as well. Its column has 32 characters.
Code = Annotated[
    str,
    require_pattern(
        r"[A-Za-z][A-Za-z0-9_]{0,31}", "up to 32 letters, digits and _, first a letter"
    ),
]


class StoreView(BaseModel):
    """A store view: its currency, and Magento's codes and numbers for it and its website.

    `url` (the storefront), `public_url` (this service) and `cookie_domain` (the session cookie)
    replace the settings for all store views.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: Annotated[str, require_pattern("[A-Z]{3}", "three capitals such as GBP")]
    code: Code
    store_id: Annotated[int, Field(ge=1, le=65_535)]  # as large as the shop's own column
    website_id: Annotated[int, Field(ge=1, le=65_535)]
    website_code: Code
    language: (
        Annotated[
            str,
            require_pattern("[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*", "a language such as de or de-CH"),
        ]
        | None
    ) = None
    url: BaseUrl | None = None
    public_url: BaseUrl | None = None
    cookie_domain: (
        Annotated[
            str,
            require_pattern(r"\.?[A-Za-z0-9.-]+", "a domain such as .shop.example"),
            AfterValidator(str.lower),
        ]
        | None
    ) = None


@dataclass(frozen=True, slots=True)
class StoreViews:
    """The store views of the settings. `all` keeps their order; the first is the default.

    With `shared_accounts` a customer's account is valid in all websites, and the customer may have
    a quote in each.
    """

    all: tuple[StoreView, ...]
    shared_accounts: bool = False

    @property
    def default(self) -> StoreView:
        """The default store view."""
        return self.all[0]

    def find_by_currency(self, currency: str) -> StoreView | None:
        """Return the first store view with this currency, or None."""
        return next((store for store in self.all if store.currency == currency), None)

    def find_by_id(self, store_id: int) -> StoreView | None:
        """Return the store view with Magento's number, or None."""
        return next((store for store in self.all if store.store_id == store_id), None)

    def find_by_code(self, code: str) -> StoreView | None:
        """Return the store view with Magento's code, or None."""
        return next((store for store in self.all if store.code == code), None)

    def find_in_website(self, website_id: int, *, currency: str) -> StoreView | None:
        """Return the first store view of a website with this currency, or None."""
        stores = (store for store in self.all if store.website_id == website_id)
        return next((store for store in stores if store.currency == currency), None)

    def list_one_per_website(self, *, first: StoreView) -> tuple[StoreView, ...]:
        """Return one store view of every website; the given one comes first."""
        by_website: dict[int, StoreView] = {}
        for store in (first, *self.all):
            by_website.setdefault(store.website_id, store)
        return tuple(by_website.values())


# Magento writes a URL inside a URL with this variant of base64.
_BASE64_IN_URL = str.maketrans("+/=", "-_,")


class SessionCookieSettings(BaseModel):
    """How the shop sets its session cookie. Ours must equal it, or the browser keeps both.

    `named_domain` is the cookie's Domain attribute; without one, the cookie is only for its host.
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

        A service on another host cannot replace the shop's own `store` cookie. It redirects to the
        shop's store switcher instead, which sets the cookie and redirects to checkout.
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
        self.all = tuple(sites)
        """The sites in the order of the settings."""
        by_origin: dict[str, StoreSite] = {}
        for site in self.all:
            by_origin.setdefault(site.public_origin, site)
        self.first_of_each_origin = tuple(by_origin.values())
        """The first site of each origin of this service."""
        self.origins = frozenset(by_origin)
        """The origins of this service on all hosts of the stores."""
        self._by_code = {site.store_code: site for site in self.all}

    @property
    def distinct(self) -> tuple[StoreSite, ...]:
        """The sites without those whose addresses and cookie are those of an earlier one."""
        found: dict[object, StoreSite] = {}
        for site in self.all:
            found.setdefault((site.public_url, site.storefront_url, site.session_cookie), site)
        return tuple(found.values())

    def choose_by_code(self, code: str | None) -> StoreSite:
        """Return the site of a store view by its code, or the first site for an unknown code."""
        return self._by_code.get(code or "", self.all[0])

    def list_store_codes_of_other_origins(self, origin: str) -> list[str]:
        """Return the codes of the store views whose links are not on this origin."""
        return [site.store_code for site in self.all if site.public_origin != origin]

    def choose_by_host(self, host: str) -> StoreSite:
        """Return the first site whose links are on a host (with its port), or the first of all."""
        found = (site for site in self.all if site.public_parts.netloc == host)
        return next(found, self.all[0])


def is_cookie_sent_to(host: str, domain: str) -> bool:
    """Return whether browsers send a cookie for a domain to this host."""
    # An IP address has no subdomains.
    return host == domain or (host.endswith(f".{domain}") and not is_ip_address(host))
