"""Check of the feature Filters: are there attributes to filter by, and do products have them?"""

from __future__ import annotations

from handoff.doctor.catalogue_sample import CatalogueSample
from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, ok, unknown, warning

_NAME = "Filterable attributes"


def check_filters(context: CheckContext, sample: CatalogueSample) -> CheckResult:
    """Check the attributes of layered navigation other than the price."""
    if sample.filterable is None:
        return unknown(
            "The administrator may not read attributes.",
            "Give the right to Stores, Attributes, Product.",
            name=_NAME,
        )
    names = [name for name in sample.filterable if name != "price"]
    if not names:
        return warning(
            "Only the price.",
            "Stores, Attributes, Product: set Use in Layered Navigation for the attributes by "
            "which shoppers choose.",
            name=_NAME,
        )
    products = (*sample.products, *sample.children.values())
    used = {name for product in products for name in product.attributes}
    filled = [name for name in names if name in used]
    if not filled:
        return warning(
            f"{', '.join(names)}; no product of the sample has any of them.",
            "Fill them in at the products, or remove them from layered navigation.",
            name=_NAME,
        )
    return ok(f"{', '.join(filled)}, and the price.", name=_NAME)
