"""The features `Search` and `Filters`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handoff.doctor.case import Case
from handoff.doctor.data.lacking import judged, with_sample
from handoff.doctor.finding import Finding, Lack, Verdict, fault, ok, unknown, warning
from handoff.doctor.probe import Reply
from handoff.doctor.sample import Product, Sample

_WORD = re.compile(r"\w{4,}")
_MOST_WORDS = 5


@with_sample("Search")
def words_are_found(case: Case, sample: Sample) -> Iterator[Finding]:
    """Search for words of some products' names, one of each."""
    words = {word: one for one in sample.products if (word := _word(one))}
    looked = list(words.items())[:_MOST_WORDS]
    lacks = []
    for word, product in looked:
        reply = _search(case, word)
        if reply.status != 200 or not isinstance(reply.data, dict):
            yield fault(
                "Search",
                f"The shop's search does not answer ({reply.status}).",
                "See that the search engine runs, and Stores, Configuration, Catalog Search.",
            )
            return
        if not reply.data.get("total_count"):
            lacks.append(Lack(product.sku, f"a hit for '{word}', a word of its name"))
    yield judged(
        "Words of the catalogue",
        lacks,
        len(looked),
        things="words",
        badness=Verdict.FAULT,
        advice="Build the search index anew: bin/magento indexer:reindex catalogsearch_fulltext.",
    )


def _word(product: Product) -> str | None:
    return max(_WORD.findall(product.name), key=len, default=None)


def _search(case: Case, word: str) -> Reply:
    where = "searchCriteria[filterGroups][0][filters][0]"
    params = {
        "searchCriteria[requestName]": "quick_search_container",
        f"{where}[field]": "search_term",
        f"{where}[value]": word,
        "searchCriteria[pageSize]": "20",
    }
    return case.shop.rest("GET", "search", store=case.store, params=params)


@with_sample("Filters")
def filters_have_something_to_filter(case: Case, sample: Sample) -> Iterator[Finding]:
    """Look for attributes that lists are filtered by, and products that carry them."""
    if sample.filterable is None:
        yield unknown(
            "Filterable attributes",
            "The administrator may not read attributes.",
            "Give the right to Stores, Attributes, Product.",
        )
        return
    names = [name for name in sample.filterable if name != "price"]
    if not names:
        yield warning(
            "Filterable attributes",
            "None but the price.",
            "Stores, Attributes, Product: Use in Layered Navigation, for those that shoppers "
            "choose by.",
        )
        return
    carried = [name for name in names if _is_carried(name, sample)]
    if not carried:
        yield warning(
            "Filterable attributes",
            f"{', '.join(names)}; no product of the sample carries any of them.",
            "Fill them in at the products, or take them out of layered navigation.",
        )
        return
    yield ok("Filterable attributes", f"{', '.join(carried)}, and the price.")


def _is_carried(name: str, sample: Sample) -> bool:
    everything = (*sample.products, *sample.children.values())
    return any(name in product.attributes for product in everything)
