"""Caches what was found out about products, by store view and sku."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from handoff.bag import normalize_sku
from handoff.settings.store_view_models import StoreView

_LIFETIME = 600.0  # seconds
_MAX_PRODUCTS = 20_000

_Fact = TypeVar("_Fact")


class ProductCache(Generic[_Fact]):
    """Keeps a fact about each product for ten minutes; safe to share between threads.

    A fact may be out of date, so check a cart that was filled by it.
    """

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], tuple[float, _Fact]] = {}

    def get(self, skus: Iterable[str], *, store: StoreView) -> dict[str, _Fact]:
        """Return the facts about those of these products that have one, by normalized sku."""
        now = time.monotonic()
        entries = {key: self._entries.get((store.code, key)) for key in map(normalize_sku, skus)}
        return {key: entry[1] for key, entry in entries.items() if entry and entry[0] > now}

    def add(self, facts: Mapping[str, _Fact], *, store: StoreView) -> None:
        """Keep facts by normalized sku."""
        if len(self._entries) + len(facts) > _MAX_PRODUCTS:
            self._entries.clear()
        expiry = time.monotonic() + _LIFETIME
        self._entries |= {(store.code, key): (expiry, fact) for key, fact in facts.items()}

    def remove(self, skus: Iterable[str], *, store: StoreView) -> None:
        """Remove the facts about these products."""
        for sku in skus:
            self._entries.pop((store.code, normalize_sku(sku)), None)
