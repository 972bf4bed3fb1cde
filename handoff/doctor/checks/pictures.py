"""Check: do the products' pictures load, and are they not Magento's placeholder?"""

from __future__ import annotations

import secrets

from handoff.doctor.catalogue_sample import CatalogueSample
from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, MissingData, report_missing, unknown
from handoff.magento.http_transport import HttpResponse

_NAME = "Pictures that load"
_MAX_PICTURES = 60


def check_pictures_load(context: CheckContext, sample: CatalogueSample) -> CheckResult:
    """Load the first picture of each product."""
    products = [product for product in sample.products if product.images][:_MAX_PICTURES]
    if not products:
        return unknown("No product has a picture.", name=_NAME)
    if not sample.media_url:
        return unknown("The administrator may not read the address of pictures.", name=_NAME)
    # Magento answers 200 with a placeholder for a file that does not exist.
    placeholder = context.shop.head(_build_url(sample, f"{secrets.token_hex(8)}.png"))
    missing = []
    for product in products:
        response = context.shop.head(_build_url(sample, product.images[0]))
        if not _is_picture(response):
            missing.append(MissingData(product.sku, f"picture that loads ({response.status})"))
        elif _is_picture(placeholder) and _get_size(response) == _get_size(placeholder):
            missing.append(MissingData(product.sku, "picture that loads (it is a placeholder)"))
    return report_missing(
        _NAME,
        missing,
        len(products),
        advice="Upload them again, or find out why the media folder or the CDN does not serve "
        "them.",
    )


def _build_url(sample: CatalogueSample, file: str) -> str:
    return f"{sample.media_url.rstrip('/')}/catalog/product/{file.lstrip('/')}"


def _is_picture(response: HttpResponse) -> bool:
    return response.status == 200 and response.headers.get("Content-Type", "").startswith("image/")


def _get_size(response: HttpResponse) -> str:
    return response.headers.get("Content-Length", "")
