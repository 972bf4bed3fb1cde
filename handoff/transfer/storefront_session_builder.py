"""Makes the shop session of a bag through the shop's own pages, and checks what it holds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

from handoff.bag import normalize_sku
from handoff.deadline import Deadline
from handoff.ledger.stored_session_repository import StorefrontSession
from handoff.magento.checkout_probe import (
    CheckoutInconclusive,
    CheckoutProbe,
    CheckoutReply,
    VisitedPage,
)
from handoff.magento.checkout_refusal_reason import explain_checkout_refusal
from handoff.magento.client import retry_dropped_connections
from handoff.magento.page_data import CHECKOUT_CONFIG, parse_checkout_config
from handoff.magento.quote_models import Quote, is_masked_id
from handoff.magento.quotes import Quotes
from handoff.magento.unusable_answers import classify_page, log_unusable_answer
from handoff.problems import (
    AccountIncomplete,
    CheckoutRefused,
    CheckoutUnavailable,
    Fault,
    LinesRefused,
    Problem,
    QuoteDiffers,
    QuoteNotFound,
    ShopUnavailable,
    TooManyLines,
)
from handoff.settings.store_view_models import StoreSites
from handoff.storefront_session.product_numbers import NumberedProduct, ProductNumbers
from handoff.storefront_session.storefront_browser import (
    StorefrontBrowser,
    build_unusable_page_problem,
    log_and_build_foreign_session_problem,
)
from handoff.transfer.quote_resolver import QuoteResolver
from handoff.transfer.request_parser import BagTransfer

if TYPE_CHECKING:
    from handoff.worker_metrics import WorkerMetrics

log = structlog.get_logger()

Products = Mapping[str, NumberedProduct]
"""The products of a bag by normalized sku."""


@dataclass(frozen=True, slots=True)
class FilledSession:
    """A session of the shop that holds exactly a bag, and the bag's quote."""

    quote: Quote
    session: StorefrontSession = field(repr=False)


class StorefrontSessionBuilder:
    """Makes sessions for guests' bags; safe to share between threads."""

    def __init__(
        self,
        probe: CheckoutProbe,
        resolver: QuoteResolver,
        sites: StoreSites,
        *,
        session_lifetime: int,
        max_lines: int,
        metrics: WorkerMetrics | None = None,
    ) -> None:
        """`session_lifetime` is for how many seconds the shop keeps a new session at least.

        A bag may have `max_lines` lines, because each of them costs a call.
        """
        self._probe = probe
        self._quotes = Quotes(probe.client)
        self._resolver = resolver
        self._products = ProductNumbers(probe.client)
        self._sites = sites
        self._session_lifetime = session_lifetime
        self._max_lines = max_lines
        self._metrics = metrics

    def create_filled_session(self, transfer: BagTransfer, deadline: Deadline) -> FilledSession:
        """Return a new session with exactly the bag, or raise the Problem that says why not."""
        if len(transfer.bag.lines) > self._max_lines:
            raise TooManyLines(
                f"A bag may have {self._max_lines} lines in this shop, and this one has "
                f"{len(transfer.bag.lines)}. Let the shopper check out in parts."
            )
        cached = self._products.find_cached(transfer.bag, store=transfer.store)
        if cached is not None:
            try:
                return self._fill_and_check_session(transfer, cached, None, deadline)
            except (LinesRefused, QuoteDiffers, CheckoutRefused):
                # A product may have changed since it was looked up.
                self._products.remove_cached(transfer.bag, store=transfer.store)
        reference = self._resolver.create_quote(transfer, deadline)
        products = self._products.fetch_from_quote(
            reference, store=transfer.store, deadline=deadline
        )
        return self._fill_and_check_session(transfer, products, reference, deadline)

    def _fill_and_check_session(
        self,
        transfer: BagTransfer,
        products: Products,
        reference: Quote | None,
        deadline: Deadline,
    ) -> FilledSession:
        """Return a session that was filled with these products.

        `reference` is a quote with the same lines, if there is one already.
        """
        started = time.monotonic()
        # A retry makes a new session, since the state of the first is unknown.
        browser = retry_dropped_connections(
            lambda: self._add_lines(transfer, products, deadline), deadline
        )
        page = browser.open_checkout()
        self._require_checkout_accepts(browser, page, transfer, reference, deadline)
        quote = self._read_quote(browser, page, deadline)
        self._resolver.require_equal_bag(quote, transfer, deadline)
        seconds_left = self._session_lifetime - (time.monotonic() - started)
        return FilledSession(quote, StorefrontSession(browser.session.session_id, seconds_left))

    def _add_lines(
        self, transfer: BagTransfer, products: Products, deadline: Deadline
    ) -> StorefrontBrowser:
        """Return a browser of a guest whose cart has all lines of the bag."""
        site = self._sites.choose_by_code(transfer.store.code)
        browser = StorefrontBrowser(self._probe.client, site, deadline)
        # One after the other: with two lines at once, Magento's totals of the cart miss one.
        for line in transfer.bag.lines:
            product = products.get(normalize_sku(line.sku))
            if product is None or not browser.try_to_add_to_cart(product, int(line.quantity)):
                detail = "The shop's page refuses this line."
                raise LinesRefused(faults=(Fault("refused", detail, sku=line.sku),))
            if not browser.session.session_id:
                raise ShopUnavailable(
                    f"The shop's pages set no cookie {site.session_cookie.name}: "
                    "HANDOFF_SESSION_COOKIE_NAME may be wrong."
                )
        return browser

    def _require_checkout_accepts(
        self,
        browser: StorefrontBrowser,
        page: VisitedPage,
        transfer: BagTransfer,
        reference: Quote | None,
        deadline: Deadline,
    ) -> None:
        """Raise the Problem that says why checkout did not open."""
        try:
            reply = self._probe.classify_checkout(browser.session.site, page)
        except CheckoutInconclusive:
            self._count_preflight(ShopUnavailable.code)
            raise build_unusable_page_problem(page.response) from None
        problem: Problem
        if reply is CheckoutReply.ACCEPTED:
            self._count_preflight("accepted")
            return
        if reply is CheckoutReply.ERROR_PAGE:
            problem = CheckoutUnavailable()
        elif reply is CheckoutReply.SENT_TO_ACCOUNT:
            problem = AccountIncomplete()
        else:
            reference = reference or self._resolver.create_quote(transfer, deadline)
            if not browser.try_own_session():
                self._count_preflight(ShopUnavailable.code)
                raise log_and_build_foreign_session_problem()
            problem = explain_checkout_refusal(
                self._probe, browser.session, reference, None, deadline=deadline
            )
        log.warning("checkout_refused", code=problem.code, detail=problem.detail)
        self._count_preflight(problem.code)
        raise problem

    def _count_preflight(self, result: str) -> None:
        if self._metrics:
            self._metrics.count_preflight(result)

    def _read_quote(
        self, browser: StorefrontBrowser, page: VisitedPage, deadline: Deadline
    ) -> Quote:
        """Return the quote that the checkout page shows to its own scripts."""
        masked_id, form_key = _parse_masked_id_and_form_key(page)
        if not is_masked_id(masked_id):
            log.error("checkout_quote_not_found", expected=CHECKOUT_CONFIG)
            log_unusable_answer(page.response)
            if classify_page(page.response) == "challenge":
                raise build_unusable_page_problem(page.response)
            raise ShopUnavailable("The shop's checkout page does not name the quote that it shows.")
        # Over http, Magento gives the session a new id with this page. So may a cache.
        if not browser.is_own_form_key(form_key) or (
            browser.has_session_id_just_changed and not browser.try_own_session()
        ):
            raise log_and_build_foreign_session_problem()
        try:
            return self._quotes.fetch_guest_quote(str(masked_id), deadline=deadline)
        except QuoteNotFound:
            raise ShopUnavailable("The shop does not find the quote of its own page.") from None


def _parse_masked_id_and_form_key(page: VisitedPage) -> tuple[Any, Any]:
    """Return the quote's masked id and the session's form key, None for both without a quote."""
    try:
        config = parse_checkout_config(page.response.text)
        return config["quoteData"]["entity_id"], config.get("formKey")
    except (KeyError, TypeError, ValueError):
        return None, None
