"""The features `Product list` and `Product page`: what every product needs to be shown."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from handoff.doctor.case import Case
from handoff.doctor.data.lacking import judged, with_sample
from handoff.doctor.data.pictures import pictures_load
from handoff.doctor.finding import Finding, Lack, Verdict, fault, ok
from handoff.doctor.sample import Product, Sample

# Their prices are those of their parts.
_PRICED_BY_PARTS = ("configurable", "bundle", "grouped")


@with_sample("Products")
def products_can_be_listed(case: Case, sample: Sample) -> Iterator[Finding]:
    """Look for name, sku, price and a picture."""
    products = sample.products
    if not products:
        yield _none(sample)
        return
    yield ok("Products", f"{len(products)} of {sample.total} that shoppers see were looked at.")
    yield judged(
        "Name",
        [Lack(one.sku, "name") for one in products if not one.name.strip()],
        len(products),
        badness=Verdict.FAULT,
        advice="Name them: Catalog, Products.",
    )
    yield judged(
        "Sku",
        [Lack(f"product {one.id}", "sku without spaces around") for one in products if _odd(one)],
        len(products),
        badness=Verdict.FAULT,
        advice="Give them a sku; spaces before or after it are taken literally.",
    )
    yield judged(
        "Price",
        [Lack(one.sku, "price") for one in products if not _has_price(one, sample)],
        len(products),
        badness=Verdict.FAULT,
        advice="Set a price, of a configurable those of its children.",
    )
    yield judged(
        "Picture",
        [Lack(one.sku, "picture") for one in products if not one.images],
        len(products),
        advice="Add a picture: the app shows a blank tile.",
    )


def _none(sample: Sample) -> Finding:
    if "products" in sample.denied:
        return fault(
            "Products",
            "The administrator may not read products.",
            "Give the right to Catalog, Products.",
        )
    return fault(
        "Products",
        "There is no product that is switched on and can be seen.",
        "Put products on sale: Catalog, Products.",
    )


def _odd(product: Product) -> bool:
    return not product.sku or product.sku != product.sku.strip()


def _has_price(product: Product, sample: Sample) -> bool:
    if product.kind not in _PRICED_BY_PARTS:
        return product.price is not None and product.price > Decimal(0)
    children = [sample.children[one] for one in product.child_ids if one in sample.children]
    return product.kind != "configurable" or any((one.price or 0) > 0 for one in children)


@with_sample("Product page")
def products_can_be_shown(case: Case, sample: Sample) -> Iterator[Finding]:
    """Look for descriptions, pictures that load, options with their children, and stock."""
    products = sample.products
    yield judged(
        "Description",
        [Lack(one.sku, "description") for one in products if not one.description.strip()],
        len(products),
        advice="Describe them: Catalog, Products, Content.",
    )
    yield pictures_load(case, sample)
    yield from _options(sample)
    yield judged(
        "Stock",
        [Lack(one.sku, "stock status") for one in products if one.in_stock is None],
        len(products),
        badness=Verdict.FAULT,
        advice="Give the right to Catalog, Inventory, and see that Magento_CatalogInventory is on.",
    )


def _options(sample: Sample) -> Iterator[Finding]:
    configurables = [one for one in sample.products if one.kind == "configurable"]
    if not configurables:
        yield ok("Options", "No product in the sample comes in sizes or colours.")
        return
    lacks = [lack for one in configurables for lack in _lacks_of_options(one, sample)]
    yield judged(
        "Options",
        lacks,
        len(configurables),
        things="configurable products",
        badness=Verdict.FAULT,
        advice="Give each a label for its option and children that are switched on.",
    )


def _lacks_of_options(product: Product, sample: Sample) -> Iterator[Lack]:
    if not product.option_labels or not all(product.option_labels):
        yield Lack(product.sku, "option with a label")
    if not product.child_ids:
        yield Lack(product.sku, "children")
    for number in product.child_ids:
        child = sample.children.get(number)
        if child is not None and not (child.price or 0) > 0:
            yield Lack(child.sku, "price")
