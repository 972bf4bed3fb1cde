"""Logs the searches of the support desk: what was searched, and never what was found."""

from __future__ import annotations

import re

import structlog

from handoff.ledger.models import is_uuid
from handoff.support_code import normalize_support_code
from handoff.web_view_link import find_handoff_id

_NUMBER = re.compile(r"#?[0-9]{1,10}")  # a longer one could be a telephone number or a card's
_HANDOFF_ID = re.compile(r"[A-Za-z0-9_-]{22}")

log = structlog.get_logger()


def log_search(text: str) -> None:
    """Log a search. Its text is logged if it can only be a reference, a number or a code.

    Anything else may be a link, a name or an address that somebody has pasted.
    """
    kind = classify_query(text)
    if kind in ("link", "text"):
        log.info("ops_search", kind=kind)
    else:
        log.info("ops_search", kind=kind, query=text)


def is_handoff_id(text: str) -> bool:
    """Return whether a text looks like the id of a handoff."""
    return _HANDOFF_ID.fullmatch(text) is not None


def classify_query(text: str) -> str:
    """Return `link`, `uuid`, `number`, `support_code`, `handoff` or `text`."""
    if find_handoff_id(text) is not None:
        return "link"
    if is_uuid(text):
        return "uuid"
    if _NUMBER.fullmatch(text):
        return "number"
    # A name can have eight letters that a code may have, but it has no digit.
    if normalize_support_code(text) is not None and any(map(str.isdigit, text)):
        return "support_code"
    return "handoff" if is_handoff_id(text) else "text"
