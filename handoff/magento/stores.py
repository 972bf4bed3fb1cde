"""The store views that the shop sells in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Store(BaseModel):
    """A store view: the currency it sells in, and what Magento calls it and its website."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    store_id: Annotated[int, Field(ge=1)]
    website_id: Annotated[int, Field(ge=1)]
    website_code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*$")] | None = None


@dataclass(frozen=True, slots=True)
class Stores:
    """The listed store views, the first of which is the one to ask when nothing else decides."""

    listed: tuple[Store, ...]

    @property
    def first(self) -> Store:
        """The store view that is asked when a request names none."""
        return self.listed[0]

    def by_currency(self, currency: str) -> Store | None:
        """Return the first listed store view that sells in this currency."""
        return next((store for store in self.listed if store.currency == currency), None)

    def by_id(self, store_id: int) -> Store | None:
        """Return the store view with Magento's number."""
        return next((store for store in self.listed if store.store_id == store_id), None)

    def by_code(self, code: str) -> Store | None:
        """Return the store view with Magento's code."""
        return next((store for store in self.listed if store.code == code), None)
