"""Answers of the shop: their JSON, and which of them are Magento's own errors."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict

from handoff.magento.http_transport import HttpResponse

_ERROR_FIELDS = {"message", "parameters", "errors", "trace"}
_MAGENTO_TEXTS = re.compile(
    "that was requested doesn't exist|consumer isn't authorized|sign-in was incorrect"
    "|no such entity|does not have an active cart|two-factor|2fa|\\bqty\\b"
    "|you may purchase|this product|required|please specify"
    "|you are trying to add|you need to choose|request does not match any route",
    re.IGNORECASE,
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


def _is_json(response: HttpResponse) -> bool:
    media_type = response.headers.get("Content-Type", "").partition(";")[0]
    return media_type.strip().lower() == "application/json"
