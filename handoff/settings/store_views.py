"""The store views that the shop sells in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from handoff.urls import BaseUrl

# Magento's form says "letters (a-z)" and accepts capitals as well.
Code = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


class StoreView(BaseModel):
    """A store view: its currency, and Magento's codes and numbers for it and its website.

    `url` (the storefront), `public_url` (this service) and `cookie_domain` (the session cookie)
    replace the settings for all store views.
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
    """The store views of the settings. `listed` keeps their order, in which the first is default.

    With `shared_accounts` a customer's account is valid in all websites, and the customer may have
    a quote in each.
    """

    listed: tuple[StoreView, ...]
    shared_accounts: bool = False

    @property
    def first(self) -> StoreView:
        """The default store view."""
        return self.listed[0]

    def find_by_currency(self, currency: str) -> StoreView | None:
        """Return the first store view with this currency, or None."""
        return next((store for store in self.listed if store.currency == currency), None)

    def find_by_id(self, store_id: int) -> StoreView | None:
        """Return the store view with Magento's number, or None."""
        return next((store for store in self.listed if store.store_id == store_id), None)

    def find_by_code(self, code: str) -> StoreView | None:
        """Return the store view with Magento's code, or None."""
        return next((store for store in self.listed if store.code == code), None)

    def find_in_website(self, website_id: int, *, currency: str) -> StoreView | None:
        """Return the first store view of a website with this currency, or None."""
        stores = (store for store in self.listed if store.website_id == website_id)
        return next((store for store in stores if store.currency == currency), None)

    def list_one_per_website(self, *, first: StoreView) -> tuple[StoreView, ...]:
        """Return one store view of every website, and begin with the given one."""
        by_website: dict[int, StoreView] = {}
        for store in (first, *self.listed):
            by_website.setdefault(store.website_id, store)
        return tuple(by_website.values())
