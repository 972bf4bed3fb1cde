"""The ops pages in a browser: axe-core, narrow screens, and no script that would be needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect
from pydantic import SecretStr

from handoff.app_factory import create_app
from handoff.operations.ops_pages.ops_app import create_ops_app
from handoff.settings import Settings
from tests.browser.conftest import NewWebView
from tests.browser.test_accessibility import emulate_light_and_dark, run_axe
from tests.conftest import FakeClock, Poq
from tests.reconciliation.scenario import ADMIN, Scenario
from tests.running_servers import HOST, RunningShop, free_port, serve_in_thread

pytestmark = pytest.mark.processes

PASSWORD = "a password of the support desk"
RIGHTS = {
    "magento_admin_username": ADMIN["username"],
    "magento_admin_password": SecretStr(ADMIN["password"]),
    "ops_password": SecretStr(PASSWORD),
}
PATHS = ["/ops/", "/ops/?q=ordered", "/ops/?q=refused", "/ops/?q=12-3", "/ops/?q=nothing", "/no"]
SIZES = [(320, 568), (390, 844), (1280, 800)]


@pytest.fixture
def url(settings: Settings, shop: RunningShop, clock: FakeClock) -> Iterator[str]:
    """Serve the pages of a ledger with an order, a refusal, and two references that are alike."""
    changed = settings.model_copy(update=RIGHTS)
    app = create_app(changed, clock=clock)
    scenario = Scenario(app, shop, clock)
    masked_id = scenario.transfer_quote("ordered", ("ITEM-01", 1))
    item = {"cartItem": {"sku": "ITEM-02", "qty": 3}}
    shop.call_rest("POST", f"guest-carts/{masked_id}/items", body=item)
    scenario.order(masked_id)
    scenario.reconcile_due()
    app.test_client().get(scenario.links["ordered"])
    Poq(app.test_client()).transfer_bag(("ITEM-99", 1), reference="refused")
    scenario.transfer_bag("1-23", opened=False)
    scenario.transfer_bag("12-3", opened=False)
    port = free_port()
    with serve_in_thread(create_ops_app(app.extensions["handoff.objects"]), port):
        yield f"http://{HOST}:{port}"
    scenario.database.close()


def fill_focused(field: Locator, text: str) -> None:
    """Fill a field after the browser has focused it: Chromium logs an `autofocus` that it skips."""
    expect(field).to_be_focused()
    field.fill(text)


def sign_in(page: Page, url: str) -> None:
    page.goto(f"{url}/ops/")
    fill_focused(page.get_by_label("Password"), PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()


def open_page(new_web_view: NewWebView, **options: Any) -> Page:
    return new_web_view(**options).page


def test_axe_finds_nothing_on_any_page(url: str, new_web_view: NewWebView) -> None:
    page = open_page(new_web_view, bypass_csp=True)
    page.goto(f"{url}/ops/login")
    for _ in emulate_light_and_dark(page):
        assert run_axe(page) == {}
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert run_axe(page) == {}
    sign_in(page, url)
    for path in PATHS:
        page.goto(f"{url}{path}")
        for summary in page.locator("details:not([open]) > summary").all():
            summary.click()
        for _ in emulate_light_and_dark(page):
            assert run_axe(page) == {}, path


def test_no_page_is_wider_than_its_window(url: str, new_web_view: NewWebView) -> None:
    page = open_page(new_web_view)
    sign_in(page, url)
    for width, height in SIZES:
        page.set_viewport_size(ViewportSize(width=width, height=height))
        for path in PATHS:
            page.goto(f"{url}{path}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_text_of_double_size_fits_a_phone(url: str, new_web_view: NewWebView) -> None:
    page = open_page(new_web_view)
    sign_in(page, url)
    page.set_viewport_size(ViewportSize(width=390, height=844))
    for path in PATHS:
        page.goto(f"{url}{path}")
        for summary in page.locator("details:not([open]) > summary").all():
            summary.click()
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        for box in [each.bounding_box() for each in page.get_by_role("searchbox").all()]:
            assert box is not None
            assert box["width"] > 300, path


def test_everything_that_can_be_tapped_is_large_enough_for_a_finger(
    url: str, new_web_view: NewWebView
) -> None:
    page = open_page(new_web_view)
    sign_in(page, url)
    for path in PATHS:
        page.goto(f"{url}{path}")
        targets = page.locator("a, button, summary, input:not([type=hidden])").all()
        boxes = [(target.inner_text(), target.bounding_box()) for target in targets]
        sizes = [(text, box["width"], box["height"]) for text, box in boxes if box]
        assert sizes
        assert [each for each in sizes if min(each[1:]) < 44] == [], path


def test_the_pages_work_without_scripts_and_break_no_policy(
    url: str, new_web_view: NewWebView
) -> None:
    page = open_page(new_web_view, java_script_enabled=False)
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    sign_in(page, url)
    fill_focused(page.get_by_role("searchbox"), "ordered")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="1 transfer found")).to_be_visible()
    expect(page.get_by_role("row", name="ITEM-02 0 3 not in the bag")).to_be_visible()
    page.get_by_role("button", name="Ask the shop for the order").click()
    expect(page.get_by_text("The shop was asked just now.")).to_be_visible()
    page.get_by_role("link", name="Handoff").click()
    page.get_by_text("Numbers", exact=True).click()
    expect(page.get_by_role("row")).to_have_count(31)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(f"{url}/ops/?q=ordered")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert messages == []
    assert [each for each in requested if not each.startswith((url, "data:"))] == []


def test_a_link_in_a_ticket_leads_to_its_page(url: str, new_web_view: NewWebView) -> None:
    page = open_page(new_web_view)
    ticket = f"<a href='{url}/ops/?q=ordered'>the ticket</a>"
    page.route(
        "http://tickets.test/", lambda route: route.fulfill(body=ticket, content_type="text/html")
    )
    page.goto("http://tickets.test/")
    page.get_by_text("the ticket").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="1 transfer found")).to_be_visible()
    page.goto("http://tickets.test/")
    page.get_by_text("the ticket").click()
    expect(page.get_by_role("heading", name="1 transfer found")).to_be_visible()


def test_the_bars_have_their_colours(url: str, new_web_view: NewWebView) -> None:
    page = open_page(new_web_view)
    sign_in(page, url)
    fills = {
        name: page.locator(f".plot rect.{name}").last.evaluate("e => getComputedStyle(e).fill")
        for name in ("issued", "opened", "ordered")
    }
    assert len(set(fills.values())) == 3
    assert "rgb(0, 0, 0)" not in fills.values()
