"""The store views that the shop sells in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from handoff.urls import BaseUrl

# As Magento takes them, which says "letters (a-z)" and means capitals, too.
Code = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


class StoreView(BaseModel):
    """A store view: the currency it sells in, and what Magento calls it and its website.

    `url`, `public_url` and `cookie_domain` are its own storefront, address of this service and
    domain of the session cookie, where they differ from those of the settings.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    code: Code
    store_id: Annotated[int, Field(ge=1)]
    website_id: Annotated[int, Field(ge=1)]
    website_code: Code
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*$")] | None = None
    url: BaseUrl | None = None
    public_url: BaseUrl | None = None
    cookie_domain: (
        Annotated[str, Field(pattern=r"^\.?[A-Za-z0-9.-]+$"), AfterValidator(str.lower)] | None
    ) = None


@dataclass(frozen=True, slots=True)
class StoreViews:
    """The listed store views, the first of which is the one to ask when nothing else decides.

    `shared_accounts` says whether a customer's account is good in all websites, and the customer
    may have a quote in each.
    """

    listed: tuple[StoreView, ...]
    shared_accounts: bool = False

    @property
    def first(self) -> StoreView:
        """The store view that is asked when a request names none."""
        return self.listed[0]

    def find_by_currency(self, currency: str) -> StoreView | None:
        """Return the first listed store view that sells in this currency."""
        return next((store for store in self.listed if store.currency == currency), None)

    def find_by_id(self, store_id: int) -> StoreView | None:
        """Return the store view with Magento's number."""
        return next((store for store in self.listed if store.store_id == store_id), None)

    def find_by_code(self, code: str) -> StoreView | None:
        """Return the store view with Magento's code."""
        return next((store for store in self.listed if store.code == code), None)

    def list_one_per_website(self, *, first: StoreView) -> tuple[StoreView, ...]:
        """Return a store view of every website, the given one before all others."""
        found: dict[int, StoreView] = {}
        for store in (first, *self.listed):
            found.setdefault(store.website_id, store)
        return tuple(found.values())

    def find_in_website(self, website_id: int, *, currency: str) -> StoreView | None:
        """Return the first listed store view of a website that sells in this currency."""
        there = (store for store in self.listed if store.website_id == website_id)
        return next((store for store in there if store.currency == currency), None)
