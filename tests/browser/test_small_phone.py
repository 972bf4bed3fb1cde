"""Pages on the narrowest phone, with a shop whose name is long."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import VisitOtherWebsite
from tests.browser.poq_cloud import Poq
from tests.browser.web_view import WebView
from tests.running_servers import RunningService

pytestmark = pytest.mark.processes

SHOP = "www.houseoffashionandhomeware.example"


@pytest.fixture(scope="module")
def environment_changes() -> dict[str, str]:
    address = f"http://{SHOP}"
    return {"HANDOFF_PUBLIC_URL": address, "HANDOFF_STOREFRONT_URL": address}


@pytest.fixture
def phone() -> dict[str, Any]:
    return {"viewport": {"width": 320, "height": 568}, "screen": {"width": 320, "height": 568}}


def fits_in_width(web_view: WebView) -> bool:
    """Return whether the page, with its styles, needs no sideways scrolling."""
    web_view.page.wait_for_load_state()
    return int(web_view.page.evaluate("document.documentElement.scrollWidth")) <= 320


def test_a_result_page_fits_the_narrowest_phone(
    poq: Poq, web_view: WebView, service: RunningService
) -> None:
    poq.request_link()
    web_view.open(f"{service.url}/h/nothing")
    web_view.sees("This link does not work")
    assert fits_in_width(web_view)


def test_the_question_with_a_long_shop_name_fits(
    poq: Poq, web_view: WebView, service: RunningService, visit_other_website: VisitOtherWebsite
) -> None:
    token = poq.transfer_customer_quote(("ITEM-01", 1))["url"].rpartition("/")[2]
    visit_other_website(f'<a href="{service.url}/h/{token}">A bargain</a>')
    web_view.tap("A bargain")
    web_view.sees(f"Go to checkout at {SHOP}?")
    assert fits_in_width(web_view)
