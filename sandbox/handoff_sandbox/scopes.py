"""Websites and their store views: what is sold where, in which currency, at which address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import urlsplit

from handoff_sandbox.catalogue import Product


@dataclass(frozen=True, slots=True)
class Currency:
    code: str
    symbol: str

    def price(self, amount: object) -> str:
        return f"{self.symbol}{amount:,.2f}"


POUNDS = Currency("GBP", "£")
EUROS = Currency("EUR", "€")


@dataclass(frozen=True, slots=True)
class Website:
    """Sells in its base currency, and shows prices in others at a rate."""

    number: int
    code: str
    currency: Currency
    rates: Mapping[Currency, Decimal] = field(default_factory=dict, compare=False)
    dearer_by: Decimal = Decimal(0)

    def base_price(self, product: Product, group_id: int = 0) -> Decimal:
        """Give what a customer of a group pays for a product, in the base currency."""
        return product.price_for(group_id) + self.dearer_by

    def rate(self, currency: Currency) -> Decimal:
        """Give what one of the base currency is in another; KeyError where it is not allowed."""
        return Decimal(1) if currency == self.currency else self.rates[currency]

    def allowed(self, code: str | None) -> Currency | None:
        return next((one for one in (self.currency, *self.rates) if one.code == code), None)


@dataclass(frozen=True, slots=True)
class View:
    """A store view: the currency and the language that a shopper sees before choosing others."""

    number: int
    code: str
    website: Website
    currency: Currency
    url: str
    language: str = "en"

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or "localhost"


@dataclass(frozen=True, slots=True)
class Views:
    """All store views; the first is the shop's default, each website's first is that one's."""

    listed: tuple[View, ...]

    @property
    def first(self) -> View:
        return self.listed[0]

    def by_code(self, code: str | None) -> View | None:
        return next((view for view in self.listed if view.code == code), None)

    def asked_for(self, code: str | None, *, host: str | None) -> View:
        """Give the store view by its code, unless the host is that of another website.

        The default website's host is tied to none, as where no MAGE_RUN_CODE is set.
        """
        at_home = next((view for view in self.listed if view.host == host), self.first)
        asked = self.by_code(code) or at_home
        tied = at_home.website != self.first.website
        return at_home if tied and asked.website != at_home.website else asked


def one_view(url: str, currency: Currency) -> Views:
    """Give the one store view that the recorded shop had."""
    return Views((View(1, "default", Website(1, "base", currency), currency, url),))


def several_views(url: str, european_url: str) -> Views:
    """Give the store views of the shop that was recorded with several: pounds and euros, twice."""
    base = Website(1, "base", POUNDS, {EUROS: Decimal("1.2")})
    eu = Website(2, "eu", EUROS, {POUNDS: Decimal("0.8")}, dearer_by=Decimal(5))
    return Views(
        (
            View(1, "default", base, POUNDS, url),
            View(2, "base_eur", base, EUROS, url),
            View(3, "eu_de", eu, EUROS, european_url, "de"),
            View(4, "eu_gb", eu, POUNDS, european_url),
        )
    )
