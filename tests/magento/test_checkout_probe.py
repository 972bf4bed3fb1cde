"""Pages of the shop opened with a shop session: cookies, redirects, renewed session ids."""

from __future__ import annotations

import pytest
import requests
import requests_mock

from handoff.deadline import Deadline
from handoff.magento.checkout_probe import (
    CheckoutInconclusive,
    CheckoutProbe,
    ShopSession,
    VisitedPage,
)
from handoff.magento.client import MagentoClient
from handoff.settings.store_view_models import SessionCookieSettings, StoreSite

SHOP = "https://www.shop.test"
CHECKOUT = f"{SHOP}/checkout/"
SITE = StoreSite(
    store_code="uk",
    public_url=f"{SHOP}/handoff",
    storefront_url=SHOP,
    checkout_path="/checkout/",
    session_cookie=SessionCookieSettings(
        name="PHPSESSID",
        domain="shop.test",
        named_domain=".shop.test",
        path="/",
        samesite="Lax",
        lifetime=3600,
        secure=True,
    ),
)


def open_checkout(
    session: ShopSession | None = None, *, follow_redirects: bool = True
) -> tuple[VisitedPage, ...]:
    probe = CheckoutProbe(MagentoClient(SHOP))
    session = session or ShopSession(SITE, "first")
    return probe.open_page(
        session, CHECKOUT, deadline=Deadline.after(5), follow_redirects=follow_redirects
    )


def redirect(mocker: requests_mock.Mocker, url: str, location: str, **headers: str) -> None:
    mocker.get(url, status_code=302, headers={"Location": location, **headers})


def test_a_redirect_is_followed_with_the_session_id_that_the_shop_has_renewed(
    requests_mock: requests_mock.Mocker,
) -> None:
    renewed = "PHPSESSID=second; path=/; secure; HttpOnly"
    redirect(requests_mock, CHECKOUT, "/checkout/cart/", **{"Set-Cookie": renewed})
    requests_mock.get(f"{SHOP}/checkout/cart/", text="the cart")
    session = ShopSession(SITE, "first")
    pages = open_checkout(session)
    assert [page.path for page in pages] == ["/checkout/", "/checkout/cart/"]
    assert (pages[-1].response.status, pages[-1].response.text) == (200, "the cart")
    assert session.renewed_ids[-1] == "second"
    sent = [request.headers["Cookie"] for request in requests_mock.request_history]
    assert sent == ["PHPSESSID=first; store=uk", "PHPSESSID=second; store=uk"]


def test_without_following_the_redirect_itself_is_the_last_page(
    requests_mock: requests_mock.Mocker,
) -> None:
    redirect(requests_mock, CHECKOUT, "/checkout/cart/")
    pages = open_checkout(follow_redirects=False)
    assert len(pages) == 1
    assert pages[-1].response.location == "/checkout/cart/"


def test_a_circle_of_redirects_ends_after_eight_pages(requests_mock: requests_mock.Mocker) -> None:
    redirect(requests_mock, CHECKOUT, CHECKOUT)
    assert len(open_checkout()) == 8


@pytest.mark.parametrize(
    "url", ["https://www.other.test/", "http://www.shop.test/", "https://shop.test.evil.test/"]
)
def test_the_session_cookie_goes_only_where_a_browser_would_send_it(
    requests_mock: requests_mock.Mocker, url: str
) -> None:
    redirect(requests_mock, CHECKOUT, url)
    requests_mock.get(f"{SHOP}/", text="a page")
    assert open_checkout()[-1].url == url
    sent = ["Cookie" in request.headers for request in requests_mock.request_history]
    assert sent == [True, False]


def test_a_page_without_an_answer_ends_the_visit_and_says_why(
    requests_mock: requests_mock.Mocker,
) -> None:
    redirect(requests_mock, CHECKOUT, "/next/")
    requests_mock.get(f"{SHOP}/next/", exc=requests.exceptions.ConnectTimeout)
    pages = open_checkout()
    assert pages[-1].response.status == 0
    assert pages[-1].failure is not None
    assert pages[-1].failure.kind == "timeout"


def test_a_checkout_without_an_answer_is_inconclusive(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.head(CHECKOUT, exc=requests.exceptions.ConnectionError)
    probe = CheckoutProbe(MagentoClient(SHOP))
    with pytest.raises(CheckoutInconclusive) as raised:
        probe.ask_checkout(ShopSession(SITE, "first"), deadline=Deadline.after(5))
    assert raised.value.reason == "unreachable"
