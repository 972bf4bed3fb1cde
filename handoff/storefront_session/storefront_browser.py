"""A guest's browser in the shop's pages, which adds products to the cart and opens checkout."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from importlib.metadata import version
from urllib.parse import urlencode

import structlog

from handoff.deadline import Deadline
from handoff.magento.checkout_probe import (
    CART_PAGE,
    ShopSession,
    VisitedPage,
    build_page_headers,
    get_path_without_end_slash,
)
from handoff.magento.client import MagentoClient, raise_shop_problem
from handoff.magento.http_transport import HttpResponse, find_cookie_value, read_json
from handoff.magento.no_response import NoResponse
from handoff.magento.unusable_answers import classify_page, log_unusable_answer
from handoff.problems import ShopUnavailable
from handoff.settings.store_view_models import StoreSite
from handoff.storefront_session.product_numbers import NumberedProduct

_ADD_TO_CART_PATH = "/checkout/cart/add/"

# The user agent of a browser: Magento ends the session of a monitor after one minute.
_USER_AGENT = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    f"Chrome/142.0.0.0 Mobile Safari/537.36 Handoff/{version('handoff')}"
)

_FOREIGN_SESSION_HINT = (
    "The answer came with the session cookie of another visitor, or from a cache. A cache in "
    "front of the shop must store no answer that sets a cookie, and none of /checkout/."
)

_ROBOT_STATUSES = (
    HTTPStatus.FORBIDDEN,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


log = structlog.get_logger()


class StorefrontBrowser:
    """Opens pages of one store view with the cookies of one new session.

    A cache in front of the shop may answer with the session cookie of another visitor. So only the
    first request sends the form key as a cookie, from which Magento writes it into the session.
    Afterwards no other session has it.
    """

    def __init__(
        self, client: MagentoClient, site: StoreSite, deadline: Deadline, session_id: str = ""
    ) -> None:
        """Without a `session_id`, the shop makes a session at the first page."""
        self._client = client
        self._site = site
        self._deadline = deadline
        self._session_id = session_id
        self._sent_session_id = session_id
        self._form_key = secrets.token_hex(8)

    @property
    def session(self) -> ShopSession:
        """The session under its last id, which is a credential."""
        return ShopSession(self._site, self._session_id)

    @property
    def has_session_id_just_changed(self) -> bool:
        """Whether the last answer has set another session id than the request sent."""
        return self._session_id != self._sent_session_id

    def is_own_form_key(self, form_key: object) -> bool:
        """Return whether this is the form key of the session that the first request made."""
        return form_key == self._form_key

    def try_to_add_to_cart(self, product: NumberedProduct, quantity: int) -> bool:
        """Add a product as its page does, and return False if the shop refuses it.

        Raises ShopUnavailable if the answer is not one of Magento's, and ShopTimeout.
        """
        options = product.options.items()
        response = self._post_form(
            {
                "product": str(product.product_id),
                "qty": str(quantity),
                **{f"super_attribute[{attribute}]": value for attribute, value in options},
            }
        )
        if _is_form_key_refused(response):
            raise log_and_build_foreign_session_problem()
        return _is_added(response)

    def try_own_session(self) -> bool:
        """Return whether the session has the form key of the first request, and keeps its id.

        Without a product, the form does nothing but check the form key.
        """
        response = self._post_form({"product": "0"})
        if _is_form_key_refused(response):
            return False
        return _is_added(response) and not self.has_session_id_just_changed

    def open_checkout(self) -> VisitedPage:
        """Open checkout and follow no redirect. Raises ShopUnavailable or ShopTimeout."""
        return self.open_page(self._site.checkout_url)

    def open_page(self, url: str, headers: Mapping[str, str] | None = None) -> VisitedPage:
        """Open a page with further headers and follow no redirect."""
        return VisitedPage(url, self._send("GET", url, headers=headers or {}))

    def _post_form(self, form: Mapping[str, str]) -> HttpResponse:
        # Magento answers a script with JSON, and anything else with a redirect.
        headers = {
            "Accept": "application/json, text/javascript, */*; q=0.01",
            "X-Requested-With": "XMLHttpRequest",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        url = f"{self._site.storefront_url}{_ADD_TO_CART_PATH}"
        body = urlencode({**form, "form_key": self._form_key}).encode()
        return self._send("POST", url, headers=headers, body=body)

    def _send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> HttpResponse:
        page_headers = build_page_headers(url, self.session)
        if not self._session_id:
            cookies = [page_headers.get("Cookie", ""), f"form_key={self._form_key}"]
            page_headers["Cookie"] = "; ".join(filter(None, cookies))
        page_headers["User-Agent"] = _USER_AGENT
        self._sent_session_id = self._session_id
        try:
            response = self._client.request_page(
                method, url, headers={**page_headers, **headers}, body=body, deadline=self._deadline
            )
        except NoResponse as error:
            raise_shop_problem(error)
        name = self._site.session_cookie.name
        self._session_id = find_cookie_value(response, name) or self._session_id
        return response


def log_and_build_foreign_session_problem() -> ShopUnavailable:
    """Log that the shop gave the session of another visitor, and return the problem to raise."""
    log.error("session_of_another_visitor", hint=_FOREIGN_SESSION_HINT)
    return ShopUnavailable(
        "The shop's pages gave Handoff the session cookie of another visitor. A cache in front of "
        "the shop may be the cause: it must store no answer that sets a cookie."
    )


def build_unusable_page_problem(response: HttpResponse) -> ShopUnavailable:
    """Return the problem for an answer that is not the shop's own page."""
    kind = classify_page(response)
    if kind == "challenge" or (response.status in _ROBOT_STATUSES and kind != "maintenance"):
        return ShopUnavailable(
            f"The shop's pages answer {response.status} to Handoff. A protection against robots "
            "in front of the shop may be the cause: it has to let Handoff through."
        )
    return ShopUnavailable(f"The shop's pages answer {response.status} to Handoff.")


def _is_form_key_refused(response: HttpResponse) -> bool:
    return get_path_without_end_slash(response.location).endswith(CART_PAGE)


def _is_added(response: HttpResponse) -> bool:
    answer = read_json(response) if response.status == HTTPStatus.OK else None
    if answer is None:
        log_unusable_answer(response)
        raise build_unusable_page_problem(response)
    # With an address, the script leaves the page: for the product's page after a refusal, and for
    # the cart page in shops that show it after each product.
    target = answer.get("backUrl") if isinstance(answer, dict) else None
    return not target or get_path_without_end_slash(str(target)).endswith(CART_PAGE)
