"""Whether the pictures of products load, and are not the shop's placeholder."""

from __future__ import annotations

import secrets

from handoff.doctor.case import Case
from handoff.doctor.data.lacking import judged
from handoff.doctor.finding import Finding, Lack, unknown
from handoff.doctor.probe import Reply
from handoff.doctor.sample import Sample

_MOST = 60


def pictures_load(case: Case, sample: Sample) -> Finding:
    """Ask for each product's first picture."""
    name = "Pictures that load"
    pictured = [one for one in sample.products if one.images][:_MOST]
    if not pictured:
        return unknown(name, "There is no product with a picture.")
    if not sample.media_url:
        return unknown(name, "The administrator may not read where pictures are.")
    # For a file that is lost Magento answers 200 with a placeholder.
    placeholder = case.shop.head(_address(sample, f"/{secrets.token_hex(8)}.png"))
    lacks = []
    for product in pictured:
        picture = case.shop.head(_address(sample, product.images[0]))
        if not _is_picture(picture):
            lacks.append(Lack(product.sku, f"picture that loads ({picture.status})"))
        elif _is_picture(placeholder) and _size(picture) == _size(placeholder):
            lacks.append(Lack(product.sku, "picture that loads (a placeholder comes)"))
    return judged(
        name,
        lacks,
        len(pictured),
        advice="Upload them again, or see why the media folder or the CDN does not give them.",
    )


def _address(sample: Sample, file: str) -> str:
    return f"{sample.media_url.rstrip('/')}/catalog/product/{file.lstrip('/')}"


def _is_picture(reply: Reply) -> bool:
    return reply.status == 200 and reply.headers.get("Content-Type", "").startswith("image/")


def _size(reply: Reply) -> str:
    return reply.headers.get("Content-Length", "")
