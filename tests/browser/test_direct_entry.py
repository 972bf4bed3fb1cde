"""Direct entry: forms posted by an app, by a blank page and by other websites."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.browser.conftest import NewWebView, VisitOtherWebsite
from tests.browser.ledger_queries import count_used_links
from tests.browser.poq_cloud import Poq
from tests.browser.web_view import WebView
from tests.running_servers import RunningShop

pytestmark = pytest.mark.processes

FORCED = "Checkout opens from the app"


@pytest.fixture(scope="module")
def environment_changes() -> dict[str, str]:
    return {"HANDOFF_DIRECT_ENTRY": "true"}


@pytest.fixture
def guest_form(shop: RunningShop) -> dict[str, str]:
    return {"quote_id": shop.create_guest_quote(("ITEM-02", 2), ("ITEM-07", 1))}


@pytest.fixture
def customer_form(shop: RunningShop) -> dict[str, str]:
    token = shop.log_in_customer("other@example.com")
    number = shop.fill_customer_quote(token, ("ITEM-03", 1))
    return {"quote_id": str(number), "token_id": token}


def post_directly(web_view: WebView, poq: Poq, form: dict[str, str]) -> None:
    """Post a form as an app's web view does, without a referrer."""
    body = urlencode(form)
    web_view.follow({"url": f"{poq.url}/enter", "method": "POST", "body": body})


def test_a_guests_quote_is_shown_in_checkout_and_ordered(
    poq: Poq, web_view: WebView, guest_form: dict[str, str]
) -> None:
    post_directly(web_view, poq, guest_form)
    assert web_view.checkout().lines == {"ITEM-02": 2, "ITEM-07": 1}
    assert web_view.buy()
    post_directly(web_view, poq, guest_form)
    web_view.sees("Your order has been placed")


def test_a_customer_is_signed_in_and_replaces_the_previous_guest(
    poq: Poq, web_view: WebView, guest_form: dict[str, str], customer_form: dict[str, str]
) -> None:
    post_directly(web_view, poq, guest_form)
    web_view.checkout()
    post_directly(web_view, poq, customer_form)
    checkout = web_view.checkout()
    assert "ITEM-03" in checkout.lines
    assert "ITEM-07" not in checkout.skus
    assert "email" not in checkout.fields
    assert len(web_view.session_cookies()) == 1


def test_html_that_the_app_loads_with_our_base_url_may_post(
    poq: Poq, web_view: WebView, guest_form: dict[str, str]
) -> None:
    web_view.post(f"{poq.url}/enter", guest_form)
    assert web_view.checkout().lines == {"ITEM-02": 2, "ITEM-07": 1}


def test_a_second_phone_with_the_same_credentials_gets_to_checkout(
    poq: Poq, new_web_view: NewWebView, guest_form: dict[str, str]
) -> None:
    for web_view in (new_web_view(), new_web_view()):
        post_directly(web_view, poq, guest_form)
        assert web_view.checkout().lines == {"ITEM-02": 2, "ITEM-07": 1}


def build_form(poq: Poq, fields: dict[str, str]) -> str:
    """Return HTML that posts the fields at once."""
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    form = f'<form method="post" action="{poq.url}/enter">{inputs}</form>'
    return f"{form}<script>document.forms[0].submit()</script>"


@pytest.mark.parametrize("referrer", ["origin", "no-referrer"])  # the latter sends Origin: null
def test_a_form_posted_by_another_website_is_refused(
    referrer: str,
    poq: Poq,
    web_view: WebView,
    visit_other_website: VisitOtherWebsite,
    customer_form: dict[str, str],
    folder: Path,
) -> None:
    before = count_used_links(folder)
    html = f'<meta name="referrer" content="{referrer}">{build_form(poq, customer_form)}'
    visit_other_website(html)
    web_view.sees(FORCED)
    assert count_used_links(folder) == before
    assert web_view.session_cookies() == []
    assert customer_form["token_id"] not in web_view.page.content()


def test_a_form_in_a_blank_page_counts_as_another_website(
    poq: Poq, web_view: WebView, guest_form: dict[str, str]
) -> None:
    web_view.page.set_content(build_form(poq, guest_form), wait_until="commit")
    web_view.sees(FORCED)
    assert web_view.session_cookies() == []
