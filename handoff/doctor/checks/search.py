"""Check of the feature Search: does the shop find products by words of their names?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from handoff.doctor.catalogue_sample import CatalogueSample
from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, MissingData, Severity, fault
from handoff.doctor.checks.missing_data import report_missing
from handoff.doctor.shop_client import read_json
from handoff.magento.http_transport import HttpResponse
from handoff.magento.search_criteria import SearchFilter, build_search_criteria

_WORD = re.compile(r"\w{4,}")
_MAX_WORDS = 5


def check_search(context: CheckContext, sample: CatalogueSample) -> Iterator[CheckResult]:
    """Search for the longest word in the names of some products."""
    longest = {max(_WORD.findall(each.name), key=len, default=""): each for each in sample.products}
    words = [(word, product) for word, product in longest.items() if word][:_MAX_WORDS]
    missing = []
    for word, product in words:
        response = _search(context, word)
        data = read_json(response)
        if response.status != 200 or not isinstance(data, dict):
            yield fault(
                f"The shop's search does not answer ({response.status}).",
                "Check that the search engine runs, and see Stores, Configuration, Catalog Search.",
            )
            return
        if not data.get("total_count"):
            missing.append(MissingData(product.sku, f"hit for '{word}', a word of its name"))
    yield report_missing(
        "Words of the catalogue",
        missing,
        len(words),
        things="words",
        severity=Severity.FAULT,
        advice="Rebuild the search index: bin/magento indexer:reindex catalogsearch_fulltext.",
    )


def _search(context: CheckContext, word: str) -> HttpResponse:
    params = build_search_criteria(
        SearchFilter("search_term", word), page_size=20, request_name="quick_search_container"
    )
    return context.shop.rest("GET", "search", store=context.default_store, params=params)
