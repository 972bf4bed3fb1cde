"""Answers of the shop: their JSON, Magento's own errors, and the log of answers from other systems.

Between the service and Magento there may be a firewall, a content delivery network or a login page.
Their answers have the same status codes as Magento's, and say nothing about a shopper.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

import structlog
from pydantic import BaseModel, ConfigDict

from handoff.magento.http_transport import HttpResponse
from handoff.problems import ShopUnavailable

_ERROR_FIELDS = {"message", "parameters", "errors", "trace"}
_MAGENTO_TEXTS = re.compile(
    "that was requested doesn't exist|consumer isn't authorized|sign-in was incorrect"
    "|no such entity|does not have an active cart|two-factor|2fa|\\bqty\\b"
    "|you may purchase|this product|required|please specify"
    "|you are trying to add|you need to choose|request does not match any route",
    re.IGNORECASE,
)
_MAX_LOGGED = 100  # characters of a header
_MAX_SEARCHED = 64 * 1024  # bytes of a page

PageKind = Literal["challenge", "login", "maintenance", "page", "json", "text", "empty"]

# The first pattern that matches decides.
_PAGE_KINDS: tuple[tuple[PageKind, re.Pattern[str]], ...] = (
    ("challenge", re.compile(r"captcha|challenge|just a moment|are you (a )?human", re.I)),
    ("login", re.compile(r"type=[\"']?password|\b(log|sign)[ -]?in\b", re.I)),
    ("maintenance", re.compile(r"maintenance|temporarily unavailable|be (right )?back", re.I)),
)

WRONG_ANSWER_ERRORS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""The errors of code that reads an answer in Magento's format, if the answer has another one."""

log = structlog.get_logger()


class ShopJsonModel(BaseModel):
    """A JSON object in an answer of the shop; fields that are not declared are ignored."""

    model_config = ConfigDict(extra="ignore")


@dataclass(frozen=True, slots=True)
class Answer:
    """The status and the JSON of an answer; numbers with a fraction are Decimal."""

    status: int
    body: Any
    response: HttpResponse = field(default_factory=lambda: HttpResponse(0), repr=False)

    @property
    def is_magento_error(self) -> bool:
        """Whether the answer has the form of Magento's error messages.

        A message without parameters may be a firewall's. Magento's own comes with a header that
        forbids storing it, whatever the language of the shop; without the header its text decides.
        """
        body = self.body
        if not isinstance(body, dict) or not isinstance(body.get("message"), str):
            return False
        if not body.keys() <= _ERROR_FIELDS or not _is_json(self.response):
            return False
        if "parameters" in body:
            return isinstance(body["parameters"], dict | list)
        is_never_stored = "no-store" in self.response.headers.get("Cache-Control", "").lower()
        return is_never_stored or _MAGENTO_TEXTS.search(self.message) is not None

    @property
    def message(self) -> str:
        """Magento's error message, to distinguish refusals; it is never shown to anyone."""
        if isinstance(self.body, dict):
            return str(self.body.get("message", ""))
        return ""

    @property
    def parameters(self) -> dict[str, Any]:
        """The named parameters of Magento's error message, empty if it has none."""
        parameters = self.body.get("parameters") if isinstance(self.body, dict) else None
        return parameters if isinstance(parameters, dict) else {}


def log_and_build_unusable_answer(answer: Answer, detail: str) -> ShopUnavailable:
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


def _is_json(response: HttpResponse) -> bool:
    media_type = response.headers.get("Content-Type", "").partition(";")[0]
    return media_type.strip().lower() == "application/json"
