"""Remembers what the GraphQL of a shop does not offer, and logs each reason once.

GraphQL differs between versions of Magento, has limits in its settings, and is sometimes blocked.
Then bags are built over REST, which is slower and shows less.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import structlog

from handoff.magento.http_transport import HttpResponse
from handoff.magento.unusable_answers import collect_answer_facts

_MISSING_FIELD = re.compile(r'Cannot query field "(\w+)" on type "(\w+)"')
_PAGE_SIZE = re.compile(r"pageSize\D*([0-9]+)")
_MASKED_ID = re.compile(r"\b[0-9A-Za-z]{32}\b")
_MAX_LOGGED = 200  # characters of a message
_MAX_REASONS = 50

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class GraphqlFailure:
    """The reason why GraphQL gave no data, and a text without credentials.

    For `missing_field` the text is `Type.field`, for `page_size_limit` the largest page allowed.
    """

    reason: Literal["missing_field", "page_size_limit", "refused", "not_graphql", "unexpected_data"]
    detail: str


class MissingGraphqlFeatures:
    """The failures of one shop's GraphQL since the service started; threads may share it."""

    def __init__(self) -> None:
        self._missing_fields: set[str] = set()
        self._logged: set[GraphqlFailure] = set()

    def is_field_missing(self, name: str) -> bool:
        """Return whether the shop has refused `Type.field` for not knowing it."""
        return name in self._missing_fields

    def record_failure(self, response: HttpResponse, body: Any) -> None:
        """Remember a missing field, and log the failure unless an equal one has been logged."""
        failure = classify_graphql_failure(response, body)
        if failure.reason == "missing_field":
            self._missing_fields.add(failure.detail)
        if failure not in self._logged and len(self._logged) < _MAX_REASONS:
            self._logged.add(failure)
            log.warning("graphql_fallback", reason=failure.reason, detail=failure.detail)


def classify_graphql_failure(response: HttpResponse, body: Any) -> GraphqlFailure:
    """Return the reason why an answer to GraphQL, with this JSON or None, has no usable data."""
    errors = body.get("errors") if isinstance(body, dict) else None
    if not isinstance(errors, list) or not errors:
        has_data = isinstance(body, dict) and "data" in body
        facts = ", ".join(
            f"{name} {value}" for name, value in collect_answer_facts(response).items()
        )
        return GraphqlFailure("unexpected_data" if has_data else "not_graphql", facts)
    messages = [_get_message(error) for error in errors]
    for message in messages:
        if missing := _MISSING_FIELD.search(message):
            return GraphqlFailure("missing_field", f"{missing[2]}.{missing[1]}")
        if limit := _PAGE_SIZE.search(message):
            return GraphqlFailure("page_size_limit", limit[1])
    return GraphqlFailure("refused", _MASKED_ID.sub("…", messages[0])[:_MAX_LOGGED])


def _get_message(error: Any) -> str:
    message = error.get("message") if isinstance(error, dict) else None
    return message if isinstance(message, str) else ""
