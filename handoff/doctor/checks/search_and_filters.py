"""Checks of the features Search and Filters: words that it finds, and attributes to filter by."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handoff.doctor.catalogue_sample import CatalogueSample
from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import (
    CheckResult,
    MissingData,
    Severity,
    fault,
    ok,
    report_missing,
    report_unreadable,
    unknown,
    warning,
)
from handoff.magento.http_transport import HttpResponse, read_json
from handoff.magento.search_criteria import SearchFilter, build_search_criteria

_WORD = re.compile(r"\w{4,}")
_MAX_WORDS = 5


def check_search(context: CheckContext, sample: CatalogueSample) -> Iterator[CheckResult]:
    """Search for the longest word in the names of some products."""
    longest = {max(_WORD.findall(each.name), key=len, default=""): each for each in sample.products}
    words = [(word, product) for word, product in longest.items() if word][:_MAX_WORDS]
    missing = []
    for word, product in words:
        response = _search_word(context, word)
        data = read_json(response)
        if response.status != 200 or not isinstance(data, dict):
            yield fault(
                f"The shop's search does not answer ({response.status}).",
                "Check that the search engine runs, and see Stores, Configuration, Catalog Search.",
            )
            return
        if not data.get("total_count"):
            missing.append(MissingData(product.sku, f"hit for '{word}', a word of its name"))
    advice = "Rebuild the search index: `bin/magento indexer:reindex catalogsearch_fulltext`."
    result = report_missing(missing, len(words), advice, thing="word", severity=Severity.FAULT)
    yield result.with_name("Words of the catalogue")


def _search_word(context: CheckContext, word: str) -> HttpResponse:
    params = build_search_criteria(
        SearchFilter("search_term", word), page_size=20, request_name="quick_search_container"
    )
    return context.shop.call_rest("GET", "search", store=context.default_store, params=params)


def check_filterable_attributes(context: CheckContext, sample: CatalogueSample) -> CheckResult:
    """Check the attributes of layered navigation other than the price."""
    return _check_attributes(sample).with_name("Filterable attributes")


def _check_attributes(sample: CatalogueSample) -> CheckResult:
    if reason := sample.failures.get("products/attributes"):
        return report_unreadable("attributes", reason)
    if sample.filterable is None:
        return unknown(
            "The administrator may not read attributes.",
            "Give the right to Stores, Attributes, Product.",
        )
    names = [name for name in sample.filterable if name != "price"]
    if not names:
        return warning(
            "Only the price.",
            "Set Use in Layered Navigation for more attributes (Stores, Attributes, Product).",
        )
    products = (*sample.products, *sample.children.values())
    used = {name for product in products for name in product.attributes}
    filled = [name for name in names if name in used]
    if not filled:
        return warning(
            f"{', '.join(names)}; no product of the sample has any of them.",
            "Fill them in at the products, or remove them from layered navigation.",
        )
    return ok(f"{', '.join(filled)}, and the price.")
