"""Every way in which the way into checkout can end before checkout, with its words."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class Ending:
    """What the shopper is told: what happened, and what to do now."""

    code: str
    status: int
    title: str
    words: str
    retry: bool = False


_AGAIN = "Go back to the app and tap Checkout again."

UNKNOWN = Ending(
    "unknown",
    HTTPStatus.NOT_FOUND,
    "This link does not work",
    f"It may have been cut off on its way. {_AGAIN}",
)
EXPIRED = Ending(
    "expired",
    HTTPStatus.GONE,
    "This link has expired",
    f"For your safety it works for a few minutes only. Your bag is still in the app. {_AGAIN}",
)
USED = Ending(
    "used",
    HTTPStatus.GONE,
    "This link has been used",
    "It opens checkout once, for one device. If you have placed your order, it is on its way to "
    f"you, and the e-mail about it too. If not: {_AGAIN[0].lower()}{_AGAIN[1:]}",
)
ORDERED = Ending(
    "ordered",
    HTTPStatus.GONE,
    "Your order has been placed",
    "What was in this bag has been ordered. You need do nothing more; the shop sends you an "
    "e-mail about it.",
)
SUPERSEDED = Ending(
    "superseded",
    HTTPStatus.GONE,
    "There is a newer link",
    f"Your bag has gone to checkout again since this link was made. {_AGAIN}",
)
UNAVAILABLE = Ending(
    "unavailable",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The shop cannot be reached just now",
    "Nothing is lost: your bag is safe, and this link still works. Please try again in a moment.",
    retry=True,
)
FAULT = Ending(
    "fault",
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "Something went wrong",
    f"That was our fault, not yours. Your bag is still in the app. {_AGAIN}",
)
