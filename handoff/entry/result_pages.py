"""The result pages: what a shopper sees if checkout does not open, and the reasons for each.

No other module defines a page. The views look up pages here, `/openapi.json` is built from this
table, and a test compares it with the tables of docs/shopper-pages.md and docs/direct-entry.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from handoff import problems
from handoff.ledger.models import LinkState
from handoff.problems import PAUSE_RETRY_AFTER, Problem

LINK, DIRECT_ENTRY = "/h", "/enter"
_BOTH = (LINK, DIRECT_ENTRY)


@dataclass(frozen=True, slots=True)
class ResultPage:
    """A page in English: what happened (`title`, `explanation`) and what to do now (`advice`).

    `code` is the page's name in logs and metrics. `shown_at` lists the addresses that answer with
    it, and `reasons` the link states and problems that lead to it. `icon` is the drawing above the
    title. `retry_after`, in seconds, is set if the same request may succeed later. `retry_method`
    is the method of the button "Try again".
    """

    code: str
    status: int
    title: str
    explanation: str
    advice: str
    shown_at: tuple[str, ...] = ()
    reasons: tuple[LinkState | type[Problem], ...] = ()
    icon: Literal["ordered", "expired", "used", "later", "bag", "problem"] = "problem"
    retry_after: int | None = None
    retry_method: Literal["get", "post"] = "post"


def mark_translatable(message: str) -> str:
    """Return the message unchanged. pybabel extracts the arguments of this function."""
    return message


_BAG_IS_SAFE = mark_translatable("Nothing is lost: your bag is safe.")
_BAG_AND_LINK_ARE_SAFE = mark_translatable(
    "Nothing is lost: your bag is safe, and this link still works."
)
_TAP_CHECKOUT_AGAIN = mark_translatable("Go back to the app and tap Checkout again.")
_IF_NOT_TAP_AGAIN = mark_translatable("If not, go back to the app and tap Checkout again.")

UNKNOWN = ResultPage(
    "unknown",
    HTTPStatus.NOT_FOUND,
    mark_translatable("This link does not work"),
    mark_translatable("It may be incomplete."),
    _TAP_CHECKOUT_AGAIN,
    shown_at=(LINK,),
)
NO_PAGE = ResultPage(
    "no_page",
    HTTPStatus.NOT_FOUND,
    mark_translatable("There is no page here"),
    mark_translatable("Checkout opens from the shop's app."),
    mark_translatable("Go to the app and tap Checkout there."),
)
EXPIRED = ResultPage(
    "expired",
    HTTPStatus.GONE,
    mark_translatable("This link has expired"),
    mark_translatable(
        "For your security, it only works for a few minutes. Your bag is still in the app."
    ),
    _TAP_CHECKOUT_AGAIN,
    icon="expired",
    shown_at=_BOTH,
    reasons=(LinkState.EXPIRED,),
)
USED = ResultPage(
    "used",
    HTTPStatus.GONE,
    mark_translatable("This link has already been used"),
    mark_translatable(
        "It opens checkout only once, on one device. If you have placed your order, the shop has "
        "received it and will email you."
    ),
    _IF_NOT_TAP_AGAIN,
    icon="used",
    shown_at=_BOTH,
    reasons=(LinkState.USED,),
)
ORDERED = ResultPage(
    "ordered",
    HTTPStatus.GONE,
    mark_translatable("Your order has been placed"),
    mark_translatable("The items in this bag have been ordered. The shop will email you about it."),
    mark_translatable("There is nothing more to do. You can go back to the app."),
    icon="ordered",
    shown_at=_BOTH,
    reasons=(problems.QuoteOrdered,),
)
SUPERSEDED = ResultPage(
    "superseded",
    HTTPStatus.GONE,
    mark_translatable("There is a newer link"),
    mark_translatable("Your bag was sent to checkout again after this link was made."),
    _TAP_CHECKOUT_AGAIN,
    icon="used",
    shown_at=_BOTH,
    reasons=(LinkState.SUPERSEDED,),
)
COOKIES_BLOCKED = ResultPage(
    "cookies_blocked",
    HTTPStatus.FORBIDDEN,
    mark_translatable("Checkout needs cookies"),
    _BAG_AND_LINK_ARE_SAFE,
    mark_translatable("Allow cookies, then try again."),
    shown_at=(LINK,),
    retry_method="get",  # only the entry page can give the cookie that a POST needs
)
UNAVAILABLE = ResultPage(
    "unavailable",
    HTTPStatus.SERVICE_UNAVAILABLE,
    mark_translatable("The shop cannot be reached right now"),
    _BAG_AND_LINK_ARE_SAFE,
    mark_translatable("Please try again in a moment."),
    icon="later",
    shown_at=_BOTH,
    retry_after=5,
)
PAUSED = ResultPage(
    "paused",
    HTTPStatus.SERVICE_UNAVAILABLE,
    mark_translatable("The shop is down for maintenance"),
    _BAG_IS_SAFE,
    mark_translatable("Please try again in a few minutes."),
    icon="later",
    shown_at=_BOTH,
    reasons=(problems.Paused,),
    retry_after=PAUSE_RETRY_AFTER,
)
FAULT = ResultPage(
    "fault",
    HTTPStatus.INTERNAL_SERVER_ERROR,
    mark_translatable("Something went wrong"),
    mark_translatable("That was our fault, not yours. Your bag is still in the app."),
    _TAP_CHECKOUT_AGAIN,
    shown_at=_BOTH,
)
TOO_MANY = ResultPage(
    "too_many",
    HTTPStatus.TOO_MANY_REQUESTS,
    mark_translatable("Too many attempts"),
    mark_translatable("There were too many failed attempts from your network. Your bag is safe."),
    mark_translatable("Wait a minute, then go back to the app and tap Checkout again."),
    icon="later",
    shown_at=_BOTH,
    reasons=(problems.TooManyRequests,),
    retry_after=60,
)
INCOMPLETE = ResultPage(
    "incomplete",
    HTTPStatus.BAD_REQUEST,
    mark_translatable("Checkout could not be opened"),
    mark_translatable("The app sent an incomplete request to the shop."),
    _TAP_CHECKOUT_AGAIN,
    shown_at=(DIRECT_ENTRY,),
    reasons=(
        problems.MalformedRequest,
        problems.RequestInvalid,
        problems.RequestTooLarge,
        problems.UnsupportedMediaType,
    ),
)
SIGNED_OUT = ResultPage(
    "signed_out",
    HTTPStatus.FORBIDDEN,
    mark_translatable("You have been signed out"),
    mark_translatable("The shop no longer accepts the app's sign-in."),
    mark_translatable("Go back to the app, sign in again and tap Checkout."),
    shown_at=(DIRECT_ENTRY,),
    reasons=(problems.CustomerTokenRejected,),
)
FORCED = ResultPage(
    "forced",
    HTTPStatus.FORBIDDEN,
    mark_translatable("Checkout opens from the app"),
    mark_translatable("Another website sent you here, so we did not open checkout."),
    mark_translatable("Go to the app and tap Checkout there."),
    shown_at=(DIRECT_ENTRY,),
)
BAG_UNKNOWN = ResultPage(
    "bag_unknown",
    HTTPStatus.NOT_FOUND,
    mark_translatable("This bag cannot be found"),
    mark_translatable(
        "If you have placed your order, the shop has received it and will email you."
    ),
    _IF_NOT_TAP_AGAIN,
    icon="bag",
    shown_at=(DIRECT_ENTRY,),
    reasons=(problems.QuoteNotFound,),
)
EMPTY = ResultPage(
    "empty",
    HTTPStatus.CONFLICT,
    mark_translatable("Your bag is empty"),
    mark_translatable("There is nothing in it to take to checkout."),
    mark_translatable("Go back to the app, add something to your bag and tap Checkout."),
    icon="bag",
    shown_at=(DIRECT_ENTRY,),
    reasons=(problems.QuoteEmpty,),
)
REFUSED = ResultPage(
    "refused",
    HTTPStatus.CONFLICT,
    mark_translatable("This bag cannot go to checkout"),
    mark_translatable("The shop does not accept it as it is."),
    mark_translatable("Go back to the app and check your bag."),
    icon="bag",
    shown_at=(DIRECT_ENTRY,),
)
TRY_LATER = ResultPage(
    "try_later",
    HTTPStatus.SERVICE_UNAVAILABLE,
    UNAVAILABLE.title,
    _BAG_IS_SAFE,
    mark_translatable("Go back to the app and tap Checkout again in a moment."),
    icon="later",
    shown_at=(DIRECT_ENTRY,),
    retry_after=5,
)

RESULT_PAGES = tuple(page for page in list(globals().values()) if isinstance(page, ResultPage))
_TITLE_BY_CODE = {page.code: page.title for page in RESULT_PAGES}
_PAGE_BY_REASON = {reason: page for page in RESULT_PAGES for reason in page.reasons}


def get_page_title(code: str) -> str:
    """Return the English title of a page by its code, or the code of an unknown page."""
    return _TITLE_BY_CODE.get(code, code)


def choose_page_for_link_state(state: LinkState) -> ResultPage:
    """Return the page for a link that this web view cannot use, or cannot use again."""
    return _PAGE_BY_REASON.get(state, EXPIRED)


def choose_page_for_problem(problem: Problem) -> ResultPage:
    """Return the page for a problem of direct entry.

    If the table does not name the problem, its status decides: a problem of this service or of
    the shop may pass, and any other problem is a refusal by the shop.
    """
    may_pass = problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return _PAGE_BY_REASON.get(type(problem), TRY_LATER if may_pass else REFUSED)
