"""The narrowest phone there is, and a shop whose name leaves it no room."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import VisitElsewhere
from tests.browser.poq import Poq
from tests.browser.web_view import WebView
from tests.running import RunningService

SHOP = "www.houseoffashionandhomeware.example"


@pytest.fixture(scope="module")
def changes() -> dict[str, str]:
    address = f"http://{SHOP}"
    return {"HANDOFF_PUBLIC_URL": address, "HANDOFF_STOREFRONT_URL": address}


@pytest.fixture
def phone() -> dict[str, Any]:
    return {"viewport": {"width": 320, "height": 568}, "screen": {"width": 320, "height": 568}}


def fits(web_view: WebView) -> bool:
    """Say whether nothing has to be scrolled to sideways, once the page is dressed."""
    web_view.page.wait_for_load_state()
    return int(web_view.page.evaluate("document.documentElement.scrollWidth")) <= 320


def test_an_ending_fits(poq: Poq, web_view: WebView, service: RunningService) -> None:
    poq.link()
    web_view.open(f"{service.url}/h/nothing")
    web_view.sees("This link does not work")
    assert fits(web_view)


def test_the_page_that_names_the_shop_fits(
    poq: Poq, web_view: WebView, service: RunningService, visit_elsewhere: VisitElsewhere
) -> None:
    token = poq.customer_quote(("ITEM-01", 1))["url"].rpartition("/")[2]
    visit_elsewhere(f'<a href="{service.url}/h/{token}">A bargain</a>')
    web_view.tap("A bargain")
    web_view.sees(f"Go to checkout at {SHOP}?")
    assert fits(web_view)
