"""The steps that every kind of shopper takes from a transfer to checkout."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from handoff.bag import BagLine, find_quote_differences
from handoff.magento.quote_models import QuoteLine
from handoff.rehearsal.app_cart_client import AppCartClient, describe_lines
from handoff.rehearsal.browser_session import build_browser_session
from handoff.rehearsal.checkout_page import CheckoutPage, read_checkout_page
from handoff.rehearsal.context import RehearsalContext
from handoff.rehearsal.results import Observation, Step, StepFailure
from handoff.rehearsal.web_view import WebPage, WebView
from handoff.web_view_link import Instruction


class ShopperJourney(ABC):
    """One shopper with a web view. `quantities` are the quantities of the products in the bag."""

    part: ClassVar[str]
    quantities: ClassVar[tuple[int, ...]]
    _instruction: Instruction  # from the step that transfers

    def __init__(self, context: RehearsalContext) -> None:
        self._context = context
        self._settings = context.transfers.settings
        self._site = self._settings.build_store_site(context.shop.store)
        self._landing_url = ""
        self._web_view = self._build_web_view()
        self._checkout: CheckoutPage | None = None

    @abstractmethod
    def build_steps(self) -> list[Step]:
        """Return the steps in their order."""

    @abstractmethod
    def build_transfer(self) -> dict[str, Any]:
        """Return the body of the transfer."""

    @abstractmethod
    def require_own_cart(self, page: CheckoutPage) -> AppCartClient:
        """Return the cart in checkout; raise StepFailure if it belongs to another shopper."""

    def send_transfer(self) -> Observation:
        """Send the transfer."""
        self._instruction = self._context.transfers.send_transfer(self.build_transfer())
        handoff_id = _get_link_token(self._instruction).rpartition(".")[0]
        return f"handoff {handoff_id[:8]}, to open by {self._instruction.method}"

    def open_link(self) -> Observation:
        """Open the link in the web view, after a preview in another web view changed nothing."""
        if self._instruction.method == "GET":
            self._build_web_view().follow_instruction(self._instruction)
        self._require_redirect_to_checkout(self._use_link(self._web_view))
        return "303 to checkout, with a session of the shop"

    def check_bag(self) -> Observation:
        """Load checkout, and require exactly the bag, with the same total as in REST."""
        page, currency = self._load_checkout(), self._context.shop.store.currency
        cart = self.require_own_cart(page)
        require_lines(page.lines, self._build_bag_lines(), "other_bag")
        if page.currency != currency:
            expected, actual = f"checkout in {currency}", f"in {page.currency}"
            raise StepFailure(expected, actual, "other_store_view")
        total = cart.read_total()
        if page.total != total:
            expected = f"the total of the quote, {total} {currency}"
            raise StepFailure(expected, f"{page.total} in checkout", "other_store_view")
        return page.summary

    def reopen_link(self) -> Observation:
        """Open the link again in the same web view, as after a double tap or a lost answer."""
        page = self._use_link(self._web_view)
        if self._settings.reopen_grace:
            self._require_redirect_to_checkout(page)
            observation = "let in again, to the same bag"
        else:
            _require_gone(page, "the link to work once, as the reopen grace is 0")
            observation = "refused, as the reopen grace is 0"
        self.check_bag()
        return observation

    def open_in_second_web_view(self) -> Observation:
        """Open the link in another web view, which must not get into checkout."""
        web_view = self._build_web_view()
        _require_gone(self._use_link(web_view), "a second web view to be refused")
        if web_view.has_cookie(self._site.session_cookie.name):
            expected = "no session for a second web view"
            raise StepFailure(expected, "a session cookie", "security_breach")
        return "410, and no session"

    def open_altered_link(self) -> Observation:
        """Open a link with a wrong signature."""
        page = self._build_web_view().follow_instruction(_alter_link(self._instruction))
        if page.status != HTTPStatus.NOT_FOUND:
            expected = "an altered link to be unknown, 404"
            raise StepFailure(expected, page.summary, "security_breach")
        return "404"

    def enter_directly(self) -> Observation:
        """Post the fields of the transfer from a new web view, and check the bag in checkout."""
        self._web_view = self._build_web_view()
        body = urlencode(self.build_transfer())
        page = self._web_view.post(f"{self._site.public_url}/enter", body)
        self._require_redirect_to_checkout(page)
        return self.check_bag()

    def _build_step(
        self, title: str, action: Callable[[], Observation], skip_reason: str = ""
    ) -> Step:
        return Step(self._context.shop.store.code, self.part, title, action, skip_reason)

    def _build_link_steps(self) -> list[Step]:
        return [
            self._build_step("transferred", self.send_transfer),
            self._build_step("let into checkout", self.open_link),
            self._build_step("exactly the bag in checkout", self.check_bag),
            self._build_step("opened and loaded again", self.reopen_link),
            self._build_step("second web view refused", self.open_in_second_web_view),
        ]

    def _build_direct_entry_steps(self) -> list[Step]:
        is_on = self._settings.direct_entry
        return [self._build_step("direct entry", self.enter_directly)] if is_on else []

    def _build_bag_lines(self) -> tuple[BagLine, ...]:
        return self._context.build_bag_lines(*self.quantities)

    def _build_web_view(self) -> WebView:
        urls = (self._site.public_url, self._site.storefront_url)
        return WebView(self._context.cancel, build_browser_session(self._settings, *urls))

    def _load_checkout(self) -> CheckoutPage:
        page = self._web_view.visit(self._landing_url)
        self._checkout = read_checkout_page(self._web_view, page, self._site.storefront_url)
        return self._checkout

    def _load_checkout_once(self) -> CheckoutPage:
        """Return the checkout page; load it, and open the link first, if that was not done."""
        if self._checkout is not None:
            return self._checkout
        if not self._landing_url:
            self.open_link()
        return self._load_checkout()

    def _use_link(self, web_view: WebView) -> WebPage:
        """Follow the instruction, and submit the entry page if one is shown."""
        page = web_view.follow_instruction(self._instruction)
        if self._instruction.method == "GET" and page.status == HTTPStatus.OK:
            page = web_view.submit_form(page)
        return page

    def _require_redirect_to_checkout(self, page: WebPage) -> None:
        expected = "303 to checkout"
        if page.status != HTTPStatus.SEE_OTHER:
            raise StepFailure(expected, page.summary, f"result_page.{page.status}")
        shop, target = self._site.storefront_parts, urlsplit(page.location)
        if (target.scheme, target.netloc) != (shop.scheme, shop.netloc):
            expected = f"{expected} of {shop.netloc}"
            raise StepFailure(expected, f"303 to {target.netloc}", "restart_service")
        self._landing_url = page.location
        name = self._site.session_cookie.name
        if not self._web_view.get_cookie(name, page.location):
            expected = f"the cookie {name} for {shop.netloc}"
            actual = "the web view refuses it, or does not send it there"
            raise StepFailure(expected, actual, "cookie_refused")


def require_lines(
    actual: tuple[QuoteLine, ...], expected: tuple[BagLine, ...], advice: str
) -> None:
    """Raise StepFailure unless a quote holds exactly the lines of a bag, in any order."""
    if find_quote_differences(actual, expected):
        raise StepFailure(f"exactly {describe_lines(expected)}", describe_lines(actual), advice)


def _require_gone(page: WebPage, expected: str) -> None:
    if page.status != HTTPStatus.GONE:
        raise StepFailure(f"{expected}, 410", page.summary, "security_breach")


def _get_link_token(instruction: Instruction) -> str:
    """Return the token of the link, a credential: the id of the handoff, a dot, a signature."""
    return (instruction.body or "").removeprefix("token=") or instruction.url.rpartition("/")[2]


def _alter_link(instruction: Instruction) -> Instruction:
    """Return the same instruction with a link whose signature is wrong."""
    token = _get_link_token(instruction)
    handoff_id, _, signature = token.rpartition(".")
    altered = f"{handoff_id}.{signature[::-1]}"
    url, body = instruction.url, instruction.body or ""
    changes = {"url": url.replace(token, altered), "body": body.replace(token, altered)}
    return instruction.model_copy(update=changes)
