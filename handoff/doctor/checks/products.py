"""Checks of the features Product list, Product page and Cart: what every product must have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from handoff.doctor.catalogue_sample import CatalogueProduct, CatalogueSample
from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, MissingData, Severity, fault, ok
from handoff.doctor.checks.missing_data import report_missing
from handoff.doctor.checks.pictures import check_pictures_load


@dataclass(frozen=True, slots=True)
class _Requirement:
    """Something that every product must have; `is_met` says whether one has it."""

    name: str
    what: str
    is_met: Callable[[CatalogueProduct, CatalogueSample], bool]
    severity: Severity
    advice: str

    def check(self, sample: CatalogueSample) -> CheckResult:
        missing = [
            MissingData(_identify(product), self.what)
            for product in sample.products
            if not self.is_met(product, sample)
        ]
        total = len(sample.products)
        return report_missing(self.name, missing, total, severity=self.severity, advice=self.advice)


def _identify(product: CatalogueProduct) -> str:
    """Return the sku, or the number if the sku is missing or its spaces would not be seen."""
    has_good_sku = product.sku and product.sku == product.sku.strip()
    return product.sku if has_good_sku else f"product {product.id}"


def _has_price(product: CatalogueProduct, sample: CatalogueSample) -> bool:
    """Bundles and groups get their price from their parts, a configurable from its children."""
    if product.type_id in ("bundle", "grouped"):
        return True
    if product.type_id != "configurable":
        return (product.price or 0) > 0
    children = [sample.children[each] for each in product.child_ids if each in sample.children]
    return any((child.price or 0) > 0 for child in children)


_LIST_REQUIREMENTS = (
    _Requirement(
        "Name",
        "name",
        lambda product, _: bool(product.name.strip()),
        Severity.FAULT,
        "Name them: Catalog, Products.",
    ),
    _Requirement(
        "Sku",
        "sku without spaces around",
        lambda product, _: bool(product.sku) and product.sku == product.sku.strip(),
        Severity.FAULT,
        "Give them a sku without spaces before or after it; such spaces count.",
    ),
    _Requirement(
        "Price",
        "price",
        _has_price,
        Severity.FAULT,
        "Set a price; for a configurable product set the prices of its children.",
    ),
    _Requirement(
        "Picture",
        "picture",
        lambda product, _: bool(product.images),
        Severity.WARNING,
        "Add a picture: the app shows a blank tile.",
    ),
)
_DESCRIPTION = _Requirement(
    "Description",
    "description",
    lambda product, _: bool(product.description.strip()),
    Severity.WARNING,
    "Describe them: Catalog, Products, Content.",
)
_STOCK = _Requirement(
    "Stock",
    "stock status",
    lambda product, _: product.is_in_stock is not None,
    Severity.FAULT,
    "Give the right to Catalog, Inventory, and check that Magento_CatalogInventory is enabled.",
)
_NO_REQUIRED_OPTIONS = _Requirement(
    "By sku alone",
    "way to buy it without an option of its own",
    lambda product, _: not product.requires_options,
    Severity.WARNING,
    "A bag names skus and quantities, but no engraving. Make such options optional, or keep the "
    "products out of the app.",
)


def check_product_list(context: CheckContext, sample: CatalogueSample) -> Iterator[CheckResult]:
    """Check name, sku, price and picture."""
    if sample.products:
        yield ok(f"{len(sample.products)} of {sample.total} visible products were checked.")
        for requirement in _LIST_REQUIREMENTS:
            yield requirement.check(sample)
    elif "products" in sample.denied:
        yield fault(
            "The administrator may not read products.", "Give the right to Catalog, Products."
        )
    else:
        yield fault(
            "No product is switched on and visible.", "Put products on sale: Catalog, Products."
        )


def check_product_page(context: CheckContext, sample: CatalogueSample) -> Iterator[CheckResult]:
    """Check descriptions, pictures, options and stock."""
    yield _DESCRIPTION.check(sample)
    yield check_pictures_load(context, sample)
    yield _check_options(sample)
    yield _STOCK.check(sample)


def check_product_can_be_bought(
    context: CheckContext, sample: CatalogueSample
) -> Iterator[CheckResult]:
    """Find products that a bag of skus cannot contain, and those that are sold out."""
    yield _NO_REQUIRED_OPTIONS.check(sample)
    sold_out = [product.sku for product in sample.products if product.is_in_stock is False]
    seen = f"{len(sample.products) - len(sold_out)} of {len(sample.products)}."
    if sold_out:
        seen += f" Sold out: {', '.join(sold_out[:5])}{'…' if len(sold_out) > 5 else ''}."
    yield ok(seen, name="In stock")


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
