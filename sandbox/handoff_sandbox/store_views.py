"""Websites and store views: their currencies, prices and URLs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import urlsplit

from handoff_sandbox.catalogue import Product


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency and its symbol."""

    code: str
    symbol: str

    def format_price(self, amount: object) -> str:
        """Return an amount with the symbol and two decimals."""
        return f"{self.symbol}{amount:,.2f}"


POUNDS = Currency("GBP", "£")
EUROS = Currency("EUR", "€")


@dataclass(frozen=True, slots=True)
class Website:
    """A website sells in its base currency, and shows prices in others at a rate.

    `surcharge` is added to the catalogue's prices.
    """

    number: int
    code: str
    currency: Currency
    rates: Mapping[Currency, Decimal] = field(default_factory=dict, compare=False)
    surcharge: Decimal = Decimal(0)

    def get_base_price(self, product: Product, group_id: int = 0) -> Decimal:
        """Return a product's price for a customer group, in the base currency."""
        return product.get_price(group_id) + self.surcharge

    def get_rate(self, currency: Currency) -> Decimal:
        """Return the price of one unit of the base currency; raise KeyError if there is none."""
        return Decimal(1) if currency == self.currency else self.rates[currency]

    def find_currency(self, code: str | None) -> Currency | None:
        """Return a currency that the website allows."""
        currencies = (self.currency, *self.rates)
        return next((found for found in currencies if found.code == code), None)


@dataclass(frozen=True, slots=True)
class ShopView:
    """A store view: the currency and language that a shopper sees before choosing others."""

    number: int
    code: str
    website: Website
    currency: Currency
    url: str
    language: str = "en"

    @property
    def host(self) -> str:
        """The host of the URL."""
        return urlsplit(self.url).hostname or "localhost"


@dataclass(frozen=True, slots=True)
class ShopViews:
    """All store views. The first is the shop's default, and each website's first is its default."""

    all: tuple[ShopView, ...]

    @property
    def first(self) -> ShopView:
        """The shop's default store view."""
        return self.all[0]

    def find_by_code(self, code: str | None) -> ShopView | None:
        """Return the store view with a code."""
        return next((view for view in self.all if view.code == code), None)

    def choose_view(self, code: str | None, *, host: str | None) -> ShopView:
        """Return the store view for a code and a host.

        A host of another website than the default one always serves its own website, as with
        MAGE_RUN_CODE. Any other host serves the store view of the code.
        """
        of_host = next((view for view in self.all if view.host == host), self.first)
        of_code = self.find_by_code(code) or of_host
        is_tied = of_host.website != self.first.website
        return of_host if is_tied and of_code.website != of_host.website else of_code


def create_single_view(url: str, currency: Currency) -> ShopViews:
    """Return the single store view that the first recorded shop had."""
    return ShopViews((ShopView(1, "default", Website(1, "base", currency), currency, url),))


def create_several_views(url: str, european_url: str) -> ShopViews:
    """Return the store views of the second recorded shop: pounds and euros in two websites."""
    base = Website(1, "base", POUNDS, {EUROS: Decimal("1.2")})
    eu = Website(2, "eu", EUROS, {POUNDS: Decimal("0.8")}, surcharge=Decimal(5))
    return ShopViews(
        (
            ShopView(1, "default", base, POUNDS, url),
            ShopView(2, "base_eur", base, EUROS, url),
            ShopView(3, "eu_de", eu, EUROS, european_url, "de"),
            ShopView(4, "eu_gb", eu, POUNDS, european_url),
        )
    )
