"""Checks of the features Product list, Product page and Cart: what every product must have."""

from __future__ import annotations

from collections.abc import Iterator

from handoff.doctor.catalogue_sample import CatalogueProduct, CatalogueSample
from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import (
    CheckResult,
    MissingData,
    Severity,
    fault,
    ok,
    report_missing,
)
from handoff.doctor.checks.pictures import check_pictures_load


def check_product_list(context: CheckContext, sample: CatalogueSample) -> Iterator[CheckResult]:
    """Check name, sku, price and picture."""
    products, catalog = sample.products, "Catalog, Products."
    if not products and "products" in sample.denied:
        yield fault("The administrator may not read products.", f"Give the right to {catalog}")
        return
    if not products:
        yield fault("No product is switched on and visible.", f"Put products on sale: {catalog}")
        return
    yield ok(f"{len(products)} of {sample.total} visible products were checked.")
    bad = [product for product in products if not product.name.strip()]
    yield _report("Name", "name", bad, sample, Severity.FAULT, f"Name them: {catalog}")
    bad = [product for product in products if not _has_clean_sku(product)]
    advice = "Give them a sku without spaces before or after it; such spaces count."
    yield _report("Sku", "sku without spaces around", bad, sample, Severity.FAULT, advice)
    bad = [product for product in products if not _has_price(product, sample)]
    advice = "Set a price; for a configurable product set the prices of its children."
    yield _report("Price", "price", bad, sample, Severity.FAULT, advice)
    bad = [product for product in products if not product.images]
    advice = "Add a picture: the app shows a blank tile."
    yield _report("Picture", "picture", bad, sample, Severity.WARNING, advice)


def check_product_page(context: CheckContext, sample: CatalogueSample) -> Iterator[CheckResult]:
    """Check descriptions, pictures, options and stock."""
    bad = [product for product in sample.products if not product.description.strip()]
    advice = "Describe them: Catalog, Products, Content."
    yield _report("Description", "description", bad, sample, Severity.WARNING, advice)
    yield check_pictures_load(context, sample)
    yield _check_options(sample)
    bad = [product for product in sample.products if product.is_in_stock is None]
    advice = "Give the right to Catalog, Inventory, and check that Magento_CatalogInventory is on."
    yield _report("Stock", "stock status", bad, sample, Severity.FAULT, advice)


def check_buying_by_sku(context: CheckContext, sample: CatalogueSample) -> Iterator[CheckResult]:
    """Find products that a bag of skus cannot contain, and those that are sold out."""
    bad = [product for product in sample.products if product.requires_options]
    what = "way to buy it without an option of its own"
    advice = (
        "A bag names skus and quantities, but no engraving. Make such options optional, or keep "
        "the products out of the app."
    )
    yield _report("By sku alone", what, bad, sample, Severity.WARNING, advice)
    sold_out = [product.sku for product in sample.products if product.is_in_stock is False]
    seen = f"{len(sample.products) - len(sold_out)} of {len(sample.products)}."
    if sold_out:
        seen += f" Sold out: {', '.join(sold_out[:5])}{'…' if len(sold_out) > 5 else ''}."
    yield ok(seen, name="In stock")


def _report(
    name: str,
    what: str,
    bad: list[CatalogueProduct],
    sample: CatalogueSample,
    severity: Severity,
    advice: str,
) -> CheckResult:
    """Return OK, or `severity` if there are bad products, which lack `what`."""
    # The spaces around a sku would not be seen in a report.
    owners = [each.sku if _has_clean_sku(each) else f"product {each.id}" for each in bad]
    missing = [MissingData(owner, what) for owner in owners]
    return report_missing(name, missing, len(sample.products), severity=severity, advice=advice)


def _has_clean_sku(product: CatalogueProduct) -> bool:
    return bool(product.sku) and product.sku == product.sku.strip()


def _has_price(product: CatalogueProduct, sample: CatalogueSample) -> bool:
    """Bundles and groups get their price from their parts, a configurable from its children."""
    if product.type_id in ("bundle", "grouped"):
        return True
    if product.type_id != "configurable":
        return (product.price or 0) > 0
    children = [sample.children[each] for each in product.child_ids if each in sample.children]
    return any((child.price or 0) > 0 for child in children)


def _check_options(sample: CatalogueSample) -> CheckResult:
    configurables = [product for product in sample.products if product.type_id == "configurable"]
    if not configurables:
        return ok("No product in the sample comes in sizes or colours.", name="Options")
    missing = [item for product in configurables for item in _find_missing(product, sample)]
    return report_missing(
        "Options",
        missing,
        len(configurables),
        things="configurable products",
        severity=Severity.FAULT,
        advice="Give each option a label, and each product children that are switched on.",
    )


def _find_missing(product: CatalogueProduct, sample: CatalogueSample) -> Iterator[MissingData]:
    if not product.option_labels or not all(product.option_labels):
        yield MissingData(product.sku, "option with a label")
    if not product.child_ids:
        yield MissingData(product.sku, "children")
    for number in product.child_ids:
        child = sample.children.get(number)
        if child is not None and not (child.price or 0) > 0:
            yield MissingData(child.sku, "price")
