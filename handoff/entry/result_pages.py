"""Every way in which the way into checkout can end before checkout, with its words."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from flask_babel import LazyString, lazy_gettext

from handoff.problems import PAUSE


@dataclass(frozen=True, slots=True)
class ResultPage:
    """What the shopper is told, in their language: what happened, and what to do now.

    `retry_after` is in seconds, for whom the same request may help later.
    """

    code: str
    status: int
    title: LazyString
    words: LazyString
    todo: LazyString
    retry_after: int | None = None


_BAG_IS_SAFE = lazy_gettext("Nothing is lost: your bag is safe.")
_AGAIN = lazy_gettext("Go back to the app and tap Checkout again.")

UNKNOWN = ResultPage(
    "unknown",
    HTTPStatus.NOT_FOUND,
    lazy_gettext("This link does not work"),
    lazy_gettext("It may have been cut off on its way."),
    _AGAIN,
)
EXPIRED = ResultPage(
    "expired",
    HTTPStatus.GONE,
    lazy_gettext("This link has expired"),
    lazy_gettext("For your safety it works for a few minutes only. Your bag is still in the app."),
    _AGAIN,
)
USED = ResultPage(
    "used",
    HTTPStatus.GONE,
    lazy_gettext("This link has been used"),
    lazy_gettext(
        "It opens checkout once, on one device. If you have placed your order, the shop has it "
        "and sends you an e-mail."
    ),
    lazy_gettext("If not, go back to the app and tap Checkout again."),
)
ORDERED = ResultPage(
    "ordered",
    HTTPStatus.GONE,
    lazy_gettext("Your order has been placed"),
    lazy_gettext("What was in this bag has been ordered. The shop sends you an e-mail about it."),
    lazy_gettext("There is nothing more to do. You can go back to the app."),
)
SUPERSEDED = ResultPage(
    "superseded",
    HTTPStatus.GONE,
    lazy_gettext("There is a newer link"),
    lazy_gettext("Your bag has been sent to checkout again since this link was made."),
    _AGAIN,
)
UNAVAILABLE = ResultPage(
    "unavailable",
    HTTPStatus.SERVICE_UNAVAILABLE,
    lazy_gettext("The shop cannot be reached just now"),
    lazy_gettext("Nothing is lost: your bag is safe, and this link still works."),
    lazy_gettext("Please try again in a moment."),
    retry_after=5,
)
PAUSED = ResultPage(
    "paused",
    HTTPStatus.SERVICE_UNAVAILABLE,
    lazy_gettext("The shop is being worked on"),
    _BAG_IS_SAFE,
    lazy_gettext("Please try again in a few minutes."),
    retry_after=PAUSE,
)
FAULT = ResultPage(
    "fault",
    HTTPStatus.INTERNAL_SERVER_ERROR,
    lazy_gettext("Something went wrong"),
    lazy_gettext("That was our fault, not yours. Your bag is still in the app."),
    _AGAIN,
)
TOO_MANY = ResultPage(
    "too_many",
    HTTPStatus.TOO_MANY_REQUESTS,
    lazy_gettext("Too many tries"),
    lazy_gettext(
        "There have been too many tries from your network that did not work. Your bag is safe."
    ),
    lazy_gettext("Wait a minute, then go back to the app and tap Checkout again."),
    retry_after=60,
)

# Without a link: the app itself brought the quote.

INCOMPLETE = ResultPage(
    "incomplete",
    HTTPStatus.BAD_REQUEST,
    lazy_gettext("Checkout could not be opened"),
    lazy_gettext("What the app sent to the shop was not complete."),
    _AGAIN,
)
SIGNED_OUT = ResultPage(
    "signed_out",
    HTTPStatus.FORBIDDEN,
    lazy_gettext("You have been signed out"),
    lazy_gettext("The shop does not know the app's sign-in any more."),
    lazy_gettext("Go back to the app, sign in again and tap Checkout."),
)
FORCED = ResultPage(
    "forced",
    HTTPStatus.FORBIDDEN,
    lazy_gettext("Checkout opens from the app"),
    lazy_gettext("Another website sent you here, so nothing has been opened."),
    lazy_gettext("Go to the app and tap Checkout there."),
)
BAG_UNKNOWN = ResultPage(
    "bag_unknown",
    HTTPStatus.NOT_FOUND,
    lazy_gettext("This bag cannot be found"),
    lazy_gettext("If you have placed your order, the shop has it and sends you an e-mail."),
    lazy_gettext("If not, go back to the app and tap Checkout again."),
)
EMPTY = ResultPage(
    "empty",
    HTTPStatus.CONFLICT,
    lazy_gettext("Your bag is empty"),
    lazy_gettext("There is nothing in it to take to checkout."),
    lazy_gettext("Go back to the app, fill your bag and tap Checkout."),
)
REFUSED = ResultPage(
    "refused",
    HTTPStatus.CONFLICT,
    lazy_gettext("This bag cannot go to checkout"),
    lazy_gettext("The shop does not let it through as it is."),
    lazy_gettext("Go back to the app and look through your bag."),
)
TRY_LATER = ResultPage(
    "try_later",
    HTTPStatus.SERVICE_UNAVAILABLE,
    lazy_gettext("The shop cannot be reached just now"),
    _BAG_IS_SAFE,
    lazy_gettext("Go back to the app and tap Checkout again in a moment."),
    retry_after=5,
)
