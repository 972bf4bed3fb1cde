"""Checks of the feature Shop: the category tree that shoppers browse."""

from __future__ import annotations

from collections.abc import Iterator

from handoff.doctor.catalogue_sample import CatalogueCategory, CatalogueSample
from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, MissingData, fault, ok, report_missing


def check_categories(context: CheckContext, sample: CatalogueSample) -> Iterator[CheckResult]:
    """Check that there are categories, and that each has a name and products."""
    if "categories" in sample.denied:
        yield fault(
            "The administrator may not read categories.", "Give the right to Catalog, Categories."
        )
        return
    active = [category for category in sample.categories if category.is_active]
    if not active:
        yield fault(
            "No category below the root is switched on.",
            "Create categories, and put the products into them.",
        )
        return
    hidden = len(sample.categories) - len(active)
    yield ok(f"{len(active)} categories; {hidden} more are switched off.")
    yield report_missing(
        "Name of categories",
        [MissingData(_describe(each), "name") for each in active if not each.name.strip()],
        len(active),
        things="categories",
        advice="Name them: Catalog, Categories.",
    )
    leaves = [category for category in active if not category.child_count]
    yield report_missing(
        "Products in categories",
        [MissingData(_describe(each), "products") for each in leaves if not each.product_count],
        len(leaves),
        things="categories",
        advice="Put products into them, or switch them off: the app would show an empty list.",
    )


def _describe(category: CatalogueCategory) -> str:
    return f"category {category.id} {category.name}".rstrip()
