"""Check of the shop's logo, which the pages show in place of its name."""

from __future__ import annotations

from collections.abc import Iterator

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, ok, warning
from handoff.doctor.doctor_shop_client import is_picture
from handoff.magento.no_response import NoResponse


def check_logo(context: CheckContext) -> Iterator[CheckResult]:
    """Load the logos of the settings; without a logo there is nothing to check."""
    settings = context.settings
    logos = {
        "HANDOFF_SHOP_LOGO_URL": settings.shop_logo_url,
        "HANDOFF_SHOP_LOGO_DARK_URL": settings.shop_logo_dark_url,
    }
    for name, url in logos.items():
        if url:
            yield _load_logo(context, name, url)


def _load_logo(context: CheckContext, name: str, url: str) -> CheckResult:
    advice = (
        f"Correct the address in {name}, or let everybody read the file. Until then, the pages "
        "show the shop's name."
    )
    try:
        response = context.shop.head(url)
    except NoResponse as error:
        return warning(f"{url} does not answer. {error.reason}", advice)
    if is_picture(response):
        return ok(f"{url} loads.")
    kind = response.headers.get("Content-Type", "no type")
    return warning(f"{url} is no picture (status {response.status}, {kind}).", advice)
