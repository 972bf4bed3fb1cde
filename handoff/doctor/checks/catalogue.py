"""Checks of the catalogue: categories, products and their pictures, by a sample of each."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from handoff.console_table import format_count
from handoff.doctor.catalogue_sample import CatalogueCategory, CatalogueProduct, CatalogueSample
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
)
from handoff.doctor.doctor_shop_client import is_picture
from handoff.magento.http_transport import HttpResponse

_MAX_PICTURES = 60


def check_categories(context: CheckContext, sample: CatalogueSample) -> Iterator[CheckResult]:
    """Check that there are categories, and that each has a name and products."""
    if "categories" in sample.denied:
        advice = "Give the right to Catalog, Categories."
        yield fault("The administrator may not read categories.", advice)
        return
    if "categories" in sample.failures:
        yield report_unreadable("categories", sample.failures["categories"])
        return
    active = [category for category in sample.categories if category.is_active]
    if not active:
        advice = "Create categories, and put the products into them."
        yield fault("No category below the root is switched on.", advice)
        return
    hidden, thing = len(sample.categories) - len(active), "category"
    yield ok(f"{format_count(len(active), thing)} switched on, {hidden} switched off.")
    missing = [
        MissingData(_describe_category(each), "name") for each in active if not each.name.strip()
    ]
    result = report_missing(missing, len(active), "Name them: Catalog, Categories.", thing=thing)
    yield result.with_name("Name of categories")
    leaves = [category for category in active if not category.child_count]
    missing = [
        MissingData(_describe_category(each), "products")
        for each in leaves
        if not each.product_count
    ]
    advice = "Put products into them, or switch them off: the app would show an empty list."
    result = report_missing(missing, len(leaves), advice, thing=thing)
    yield result.with_name("Products in categories")


def _describe_category(category: CatalogueCategory) -> str:
    return f"category {category.id} {category.name}".rstrip()


def check_product_list(context: CheckContext, sample: CatalogueSample) -> Iterator[CheckResult]:
    """Check name, sku, price and picture."""
    products, catalog = sample.products, "Catalog, Products."
    if not products and "products" in sample.denied:
        yield fault("The administrator may not read products.", f"Give the right to {catalog}")
        return
    if not products and "products" in sample.failures:
        yield report_unreadable("products", sample.failures["products"])
        return
    if not products:
        yield fault("No product is switched on and visible.", f"Put products on sale: {catalog}")
        return
    yield ok(f"{len(products)} of {sample.total} visible products were checked.")
    bad = [product for product in products if not product.name.strip()]
    yield _report_bad_products("Name", bad, "name", f"Name them: {catalog}", sample)
    bad = [product for product in products if not _has_trimmed_sku(product)]
    advice = "Give them a sku without spaces before or after it; such spaces count."
    yield _report_bad_products("Sku", bad, "sku without spaces around", advice, sample)
    bad = [product for product in products if not _has_price(product, sample)]
    advice = "Set a price; for a configurable product set the prices of its children."
    yield _report_bad_products("Price", bad, "price", advice, sample)
    bad = [product for product in products if not product.images]
    advice = "Add a picture: the app shows a blank tile."
    yield _report_bad_products("Picture", bad, "picture", advice, sample, Severity.WARNING)


def check_product_details(context: CheckContext, sample: CatalogueSample) -> Iterator[CheckResult]:
    """Check descriptions, pictures, options and stock."""
    bad = [product for product in sample.products if not product.description.strip()]
    advice = "Describe them: Catalog, Products, Content."
    yield _report_bad_products("Description", bad, "description", advice, sample, Severity.WARNING)
    yield _check_pictures(context, sample).with_name("Pictures that load")
    yield _check_options(sample).with_name("Options")
    bad = [product for product in sample.products if product.is_in_stock is None]
    advice = "Give the right to Catalog, Inventory, and check that Magento_CatalogInventory is on."
    yield _report_bad_products("Stock", bad, "stock status", advice, sample)


def check_required_options_and_stock(
    context: CheckContext, sample: CatalogueSample
) -> Iterator[CheckResult]:
    """Find products that a bag of skus cannot contain, and those that are sold out."""
    bad = [product for product in sample.products if product.requires_options]
    what = "way to buy it without an option of its own"
    advice = (
        "A bag names skus and quantities, but no engraving. Make such options optional, or keep "
        "the products out of the app."
    )
    yield _report_bad_products("", bad, what, advice, sample, Severity.WARNING)
    sold_out = [product.sku for product in sample.products if product.is_in_stock is False]
    seen = f"{len(sample.products) - len(sold_out)} of {len(sample.products)}."
    if sold_out:
        seen += f" Sold out: {', '.join(sold_out[:5])}{'…' if len(sold_out) > 5 else ''}."
    yield ok(seen).with_name("In stock")


def _report_bad_products(
    name: str,
    bad: list[CatalogueProduct],
    what: str,
    advice: str,
    sample: CatalogueSample,
    severity: Severity = Severity.FAULT,
) -> CheckResult:
    """Return OK, or `severity` if there are bad products, that is, products without `what`."""
    # A report would not show the spaces around a sku.
    owners = [each.sku if _has_trimmed_sku(each) else f"product {each.id}" for each in bad]
    missing = [MissingData(owner, what) for owner in owners]
    result = report_missing(missing, len(sample.products), advice, severity=severity)
    return result.with_name(name)


def _has_trimmed_sku(product: CatalogueProduct) -> bool:
    return bool(product.sku) and product.sku == product.sku.strip()


def _has_price(product: CatalogueProduct, sample: CatalogueSample) -> bool:
    # Bundles and groups get their price from their parts, a configurable from its children.
    if product.type_id in ("bundle", "grouped"):
        return True
    if product.type_id != "configurable":
        return (product.price or 0) > 0
    children = [sample.children[each] for each in product.child_ids if each in sample.children]
    return any((child.price or 0) > 0 for child in children)


def _check_options(sample: CatalogueSample) -> CheckResult:
    configurables = [product for product in sample.products if product.type_id == "configurable"]
    if not configurables:
        return ok("No product in the sample comes in sizes or colours.")
    missing = [item for product in configurables for item in _find_missing_options(product, sample)]
    advice = "Give each option a label, and each product children that are switched on."
    thing, severity = "configurable product", Severity.FAULT
    return report_missing(missing, len(configurables), advice, thing=thing, severity=severity)


def _find_missing_options(
    product: CatalogueProduct, sample: CatalogueSample
) -> Iterator[MissingData]:
    if not product.option_labels or not all(product.option_labels):
        yield MissingData(product.sku, "option with a label")
    if not product.child_ids:
        yield MissingData(product.sku, "children")
    for number in product.child_ids:
        child = sample.children.get(number)
        if child is not None and not (child.price or 0) > 0:
            yield MissingData(child.sku, "price")


def _check_pictures(context: CheckContext, sample: CatalogueSample) -> CheckResult:
    """Load the first picture of each product."""
    products = [product for product in sample.products if product.images][:_MAX_PICTURES]
    if not products:
        return unknown("No product has a picture.")
    if not sample.media_url:
        return unknown("The administrator may not read the address of pictures.")
    # Magento answers 200 with a placeholder for a file that does not exist.
    placeholder = context.shop.head(_build_picture_url(sample, f"{secrets.token_hex(8)}.png"))
    missing = []
    for product in products:
        response = context.shop.head(_build_picture_url(sample, product.images[0]))
        if not is_picture(response):
            missing.append(MissingData(product.sku, f"picture that loads ({response.status})"))
        elif is_picture(placeholder) and _get_content_length(response) == _get_content_length(
            placeholder
        ):
            missing.append(MissingData(product.sku, "picture that loads (it is a placeholder)"))
    advice = "Upload them again, or find out why the media folder or the CDN does not serve them."
    return report_missing(missing, len(products), advice)


def _build_picture_url(sample: CatalogueSample, file: str) -> str:
    return f"{sample.media_url.rstrip('/')}/catalog/product/{file.lstrip('/')}"


def _get_content_length(response: HttpResponse) -> str:
    return response.headers.get("Content-Length", "")
