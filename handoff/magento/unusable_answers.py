"""Classifies and logs answers that cannot be used, which may come from other systems than Magento.

Between the service and Magento there may be a firewall, a content delivery network or a login page.
Their answers have the same status codes as Magento's, and say nothing about a shopper.
"""

from __future__ import annotations

import re
from typing import Literal

import structlog

from handoff.magento.answers import Answer
from handoff.magento.http_transport import HttpResponse
from handoff.problems import ShopUnavailable

_MAX_LOGGED = 100  # characters of a header
_MAX_SEARCHED = 64 * 1024  # bytes of a page

PageKind = Literal["challenge", "login", "maintenance", "page", "json", "text", "empty"]

# The first pattern that matches decides.
_PAGE_KINDS: tuple[tuple[PageKind, re.Pattern[str]], ...] = (
    ("challenge", re.compile(r"captcha|challenge|just a moment|are you (a )?human", re.I)),
    ("login", re.compile(r"type=[\"']?password|\b(log|sign)[ -]?in\b", re.I)),
    ("maintenance", re.compile(r"maintenance|temporarily unavailable|be (right )?back", re.I)),
)

log = structlog.get_logger()


def log_and_build_unusable_answer_problem(answer: Answer, detail: str) -> ShopUnavailable:
    """Log which system gave an answer that cannot be used, and return the problem to raise."""
    log_unusable_answer(answer.response)
    return ShopUnavailable(detail)


def log_unusable_answer(response: HttpResponse) -> None:
    """Log which system gave an answer."""
    log.warning("shop_answer_unusable", **collect_answer_facts(response))


def collect_answer_facts(response: HttpResponse) -> dict[str, str | int]:
    """Return status, server and kind of an answer, but nothing of its text."""
    headers = {name: response.headers.get(name) for name in ("Server", "Via", "Content-Type")}
    return {
        "status": response.status,
        **{
            name.lower().replace("-", "_"): value[:_MAX_LOGGED]
            for name, value in headers.items()
            if value
        },
        "page": classify_page(response),
    }


def classify_page(response: HttpResponse) -> PageKind:
    """Return the kind of page, judged by its words; `page` is any other HTML."""
    text = response.body[:_MAX_SEARCHED].decode("utf-8", "replace").strip()
    if not text:
        return "empty"
    if text[0] in '{["':
        return "json"
    if text[0] != "<":
        return "text"
    return next((kind for kind, pattern in _PAGE_KINDS if pattern.search(text)), "page")
