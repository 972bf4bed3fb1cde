"""Redirects to checkout after a link was used, or shows a result page if that fails."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

import structlog
from flask import Response, make_response, redirect, request

from handoff.entry import result_pages
from handoff.entry.page_rendering import PageRenderer
from handoff.entry.result_pages import ResultPage
from handoff.entry.shop_cookies import set_shop_cookies
from handoff.entry.web_view_id_cookies import WebViewCookies
from handoff.ledger.handoff_repository import HandoffRepository
from handoff.ledger.models import Handoff, LinkState
from handoff.order_lookup import OrderLookup
from handoff.problems import LedgerUnavailable
from handoff.shop_session.session_provider import SessionProvider
from handoff.shop_session.store import SessionStoreError
from handoff.web_checkout_cookies import WebCheckoutCookies
from handoff.web_view_link import LinkTokens

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CheckoutRedirect:
    """Opens shop sessions and redirects to checkout; entry and direct entry share it."""

    handoffs: HandoffRepository
    order_lookup: OrderLookup
    sessions: SessionProvider
    link_tokens: LinkTokens
    web_checkout_cookies: WebCheckoutCookies
    pages: PageRenderer

    def provide_session_and_redirect(self, handoff: Handoff, cookies: WebViewCookies) -> Response:
        """Write the shop session of a handoff whose link was just used, and redirect to checkout.

        If the session cannot be written, return a page with a button to try again. The web view
        gets its cookies in any case, so that it can use the link again.
        """
        response = self._redirect_with_new_session(handoff, cookies)
        cookies.set_cookies(response, used_hash=handoff.web_view_hash)
        return response

    def render_refusal(self, handoff: Handoff, cookies: WebViewCookies) -> Response:
        """Return the result page for a web view that may not use the link."""
        if handoff.state is LinkState.USED:
            ordered_page = self.find_ordered_page(handoff, cookies)
            if ordered_page is not None:
                return ordered_page
        page = result_pages.choose_page_for_link_state(handoff.state)
        return self.pages.render_result_page(page, handoff)

    def find_ordered_page(self, handoff: Handoff, cookies: WebViewCookies) -> Response | None:
        """Return the page of a used link whose quote is ordered, None without an order.

        The numbers of the orders are only for the web view that used the link.
        """
        orders = self.order_lookup.look_up_orders(handoff).orders
        if not orders:
            return None
        numbers: list[str] = []
        if self._has_used_link(handoff, cookies):
            numbers = [order["replaced_by"] or order["number"] for order in orders]
        page = result_pages.ORDERED
        return self.pages.render_result_page(page, handoff, order_numbers=numbers)

    def _has_used_link(self, handoff: Handoff, cookies: WebViewCookies) -> bool:
        """Return whether this web view has used the link of a handoff.

        The cookies of the link end soon after its use. Those of web checkout live as long as the
        shop session.
        """
        entered_ids = self.web_checkout_cookies.read_handoff_ids(request.cookies, cookies.site)
        return handoff.id in entered_ids or handoff.web_view_hash in cookies.hashes

    def _redirect_with_new_session(self, handoff: Handoff, cookies: WebViewCookies) -> Response:
        try:
            session_id = self.sessions.provide_session(handoff)
        except SessionStoreError as error:
            log.error("session_store_unavailable", reason=str(error))
            return self._render_session_failure(handoff, result_pages.UNAVAILABLE)
        except Exception as error:
            log.exception("shop_session_not_written", error=type(error).__name__)
            return self._render_session_failure(handoff, result_pages.FAULT)
        response = make_response(redirect(cookies.site.landing_url, HTTPStatus.SEE_OTHER))
        set_shop_cookies(response, session_id, request.cookies, cookies.site)
        earlier = self.web_checkout_cookies.read_handoff_ids(request.cookies, cookies.site)
        for header in self.web_checkout_cookies.build_headers([handoff.id, *earlier], cookies.site):
            response.headers.add("Set-Cookie", header)
        return response

    def _render_session_failure(self, handoff: Handoff, page: ResultPage) -> Response:
        try:
            self.handoffs.undo_session_write(handoff)
        except LedgerUnavailable:
            # The web view can still try again, but only within the reopen grace.
            log.error("session_write_not_undone")
        return self.pages.render_result_page(
            page, handoff, self.link_tokens.create_token(handoff.id)
        )
