"""The feature `Shop`: the tree of categories that shoppers browse."""

from __future__ import annotations

from collections.abc import Iterator

from handoff.doctor.case import Case
from handoff.doctor.data.lacking import judged, with_sample
from handoff.doctor.finding import Finding, Lack, fault, ok
from handoff.doctor.sample import Category, Sample


@with_sample("Category tree")
def categories_are_filled(case: Case, sample: Sample) -> Iterator[Finding]:
    """Look for a tree, and for categories without a name or without products."""
    if "categories" in sample.denied:
        yield fault(
            "Category tree",
            "The administrator may not read categories.",
            "Give the right to Catalog, Categories.",
        )
        return
    active = [category for category in sample.categories if category.active]
    if not active:
        yield fault(
            "Category tree",
            "There is no category that is switched on below the root.",
            "Make categories, and put the products into them.",
        )
        return
    hidden = len(sample.categories) - len(active)
    yield ok("Category tree", f"{len(active)} categories, {hidden} more are switched off.")
    yield judged(
        "Name of categories",
        [Lack(_words(one), "name") for one in active if not one.name.strip()],
        len(active),
        things="categories",
        advice="Name them: Catalog, Categories.",
    )
    leaves = [one for one in active if not one.children]
    yield judged(
        "Products in categories",
        [Lack(_words(one), "products") for one in leaves if not one.products],
        len(leaves),
        things="categories",
        advice="Put products into them, or switch them off: the app would show an empty list.",
    )


def _words(category: Category) -> str:
    return f"category {category.id} {category.name}".rstrip()
