"""The cache of facts about products: which facts it keeps, and for how long."""

from __future__ import annotations

import time

import pytest

from handoff.magento.product_cache import ProductCache
from tests.magento.created_quotes import BRITISH

GERMAN = BRITISH.model_copy(update={"code": "de"})


def test_a_fact_is_kept_for_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    cache: ProductCache[str] = ProductCache()
    cache.add({"item-01": "red"}, store=BRITISH)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 599)
    assert cache.get(["ITEM-01", "ITEM-02"], store=BRITISH) == {"item-01": "red"}
    monkeypatch.setattr(time, "monotonic", lambda: now + 601)
    assert cache.get(["ITEM-01"], store=BRITISH) == {}


def test_a_fact_counts_for_its_store_view_only_until_it_is_removed() -> None:
    cache: ProductCache[str | None] = ProductCache()
    cache.add({"item-01": None}, store=BRITISH)
    assert cache.get(["ITEM-01"], store=GERMAN) == {}
    cache.remove(["ITEM-01"], store=GERMAN)
    assert cache.get(["ITEM-01"], store=BRITISH) == {"item-01": None}
    cache.remove(["Item-01"], store=BRITISH)
    assert cache.get(["ITEM-01"], store=BRITISH) == {}


def test_the_number_of_cached_products_is_limited() -> None:
    cache: ProductCache[int] = ProductCache()
    for start in range(0, 60_000, 10_000):
        cache.add(
            {f"sku-{number}": number for number in range(start, start + 10_000)}, store=GERMAN
        )
    skus = [f"sku-{number}" for number in range(60_000)]
    assert 10_000 <= len(cache.get(skus, store=GERMAN)) <= 20_000
