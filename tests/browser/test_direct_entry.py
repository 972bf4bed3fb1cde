"""A web view that brings the quote itself, from the app or from elsewhere."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.browser.conftest import NewWebView, VisitElsewhere
from tests.browser.ledger import spent_links
from tests.browser.poq import Poq
from tests.browser.web_view import WebView
from tests.running import RunningShop

FORCED = "Checkout opens from the app"


@pytest.fixture(scope="module")
def changes() -> dict[str, str]:
    return {"HANDOFF_DIRECT_ENTRY": "true"}


@pytest.fixture
def guests(shop: RunningShop) -> dict[str, str]:
    return {"quote_id": shop.guest_quote(("ITEM-02", 2), ("ITEM-07", 1))}


@pytest.fixture
def customers(shop: RunningShop) -> dict[str, str]:
    token = shop.customer_token("other@example.com")
    number = shop.customer_quote(token, ("ITEM-03", 1))
    return {"quote_id": str(number), "token_id": token}


def bring(web_view: WebView, poq: Poq, form: dict[str, str]) -> None:
    """Post a form as an app's web view does by itself, coming from nowhere."""
    body = urlencode(form)
    web_view.follow({"url": f"{poq.url}/enter", "method": "POST", "body": body})


def test_a_guests_quote_is_what_checkout_shows_and_what_is_bought(
    poq: Poq, web_view: WebView, guests: dict[str, str]
) -> None:
    bring(web_view, poq, guests)
    assert web_view.checkout().lines == {"ITEM-02": 2, "ITEM-07": 1}
    assert web_view.buy()
    bring(web_view, poq, guests)
    web_view.sees("Your order has been placed")


def test_a_customer_is_signed_in_and_the_guest_before_is_gone(
    poq: Poq, web_view: WebView, guests: dict[str, str], customers: dict[str, str]
) -> None:
    bring(web_view, poq, guests)
    web_view.checkout()
    bring(web_view, poq, customers)
    checkout = web_view.checkout()
    assert "ITEM-03" in checkout.lines
    assert "ITEM-07" not in checkout.skus
    assert "email" not in checkout.fields
    assert len(web_view.session_cookies()) == 1


def test_html_that_the_app_loads_as_the_services_own_may_post_it(
    poq: Poq, web_view: WebView, guests: dict[str, str]
) -> None:
    web_view.post(f"{poq.url}/enter", guests)
    assert web_view.checkout().lines == {"ITEM-02": 2, "ITEM-07": 1}


def test_a_second_phone_with_the_credentials_is_let_in_too(
    poq: Poq, new_web_view: NewWebView, guests: dict[str, str]
) -> None:
    for web_view in (new_web_view(), new_web_view()):
        bring(web_view, poq, guests)
        assert web_view.checkout().lines == {"ITEM-02": 2, "ITEM-07": 1}


def form_of(poq: Poq, fields: dict[str, str]) -> str:
    """Return HTML that posts the fields at once."""
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    form = f'<form method="post" action="{poq.url}/enter">{inputs}</form>'
    return f"{form}<script>document.forms[0].submit()</script>"


@pytest.mark.parametrize("referrer", ["origin", "no-referrer"])  # the latter sends Origin: null
def test_what_another_site_posts_signs_nobody_in(
    referrer: str,
    poq: Poq,
    web_view: WebView,
    visit_elsewhere: VisitElsewhere,
    customers: dict[str, str],
    folder: Path,
) -> None:
    before = spent_links(folder)
    html = f'<meta name="referrer" content="{referrer}">{form_of(poq, customers)}'
    visit_elsewhere(html)
    web_view.sees(FORCED)
    assert spent_links(folder) == before
    assert web_view.session_cookies() == []
    assert customers["token_id"] not in web_view.page.content()


def test_a_blank_page_cannot_be_told_from_another_site(
    poq: Poq, web_view: WebView, guests: dict[str, str]
) -> None:
    web_view.page.set_content(form_of(poq, guests), wait_until="commit")
    web_view.sees(FORCED)
    assert web_view.session_cookies() == []
