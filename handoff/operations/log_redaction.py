"""Redaction: mask links, keys, tokens, masked ids and session ids in whatever is logged."""

from __future__ import annotations

import re
from typing import Any

from structlog.typing import EventDict, WrappedLogger

_SECRETS = (
    re.compile(r"(/h/)(?!<)[^\s\"'?#]+"),
    re.compile(r"(/api/cart-transfer/)(?!<)[^\s\"'?#]+"),
    re.compile(r"(guest-carts/)[^\s\"'?#/]+"),
    re.compile(r"(\b(?:token(?:_id)?|quote_id)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,}]+"),
    re.compile(r"(\bBearer\s+)[^\s\"',}]+", re.IGNORECASE),
    re.compile(r"(\bAuthorization[\"']?\s*[:=]\s*[\"']?)(?!Bearer)[^\s\"',}]+", re.IGNORECASE),
    re.compile(r"()\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]+"),
    # gunicorn quotes lines and bytes of requests that it cannot parse.
    re.compile(r"((?:Invalid|Unsupported|Unable|Obsolete) [A-Za-z ]+: ).+", re.DOTALL),
    re.compile(r"(\bsess_)[A-Za-z0-9,-]+"),
    re.compile(r"(\b(?:rediss?(?:\+sentinel)?|unix)://)[^@\s/]*@"),
)

# A cheap test: each pattern needs one of these, and most texts have none of them.
_HINT = re.compile(
    "/h/(?!<)|/cart-transfer/(?!<)|guest-carts/|(?:token(?:_id)?|quote_id)[\"'\\s]*[=:]|bearer"
    "|authoriz|eyJ|sess_|redis|unix:"
    "|invalid|unsupp|unable|obsol",
    re.I,
)


def redact(text: str) -> str:
    """Return the text with everything masked that looks like a credential."""
    if not _HINT.search(text):
        return text
    for secret in _SECRETS:
        text = secret.sub(r"\1***", text)
    return text


def redact_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Return a log event with all its texts redacted, those in lists and mappings too."""
    return {name: _redact_value(value) for name, value in event.items()}


def _redact_value(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list | tuple):
        return [_redact_value(item) for item in value]
    if isinstance(value, dict):
        return {name: _redact_value(item) for name, item in value.items()}
    return value
