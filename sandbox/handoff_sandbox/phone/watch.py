"""What opening a link did, as the services' own logs tell it: a web view tells nobody."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from handoff_sandbox.phone.steps import Step

_ENDINGS = {
    "unknown": "This link does not work.",
    "expired": "This link has expired.",
    "used": "This link has already been used.",
    "ordered": "Your order has been placed.",
    "superseded": "There is a newer link.",
    "unavailable": "The shop cannot be reached right now.",
    "fault": "Something went wrong.",
}


def openings(logs: Iterable[Path], handoff: str) -> list[Step]:
    """Give every request for a handoff's link, in the order in which they were answered."""
    found = [line for log in logs for line in _lines(log) if _is_opening(line, handoff)]
    return [_step(line) for line in sorted(found, key=lambda line: str(line["timestamp"]))]


def _lines(log: Path) -> Iterator[dict[str, Any]]:
    for text in log.read_text("utf-8", errors="replace").splitlines():
        if text.startswith("{") and text.endswith("}"):
            yield json.loads(text)


def _is_opening(line: dict[str, Any], handoff: str) -> bool:
    is_link = str(line.get("rule", "")).startswith("/h")
    return is_link and line.get("event") == "request" and line.get("handoff") == handoff


def _step(line: dict[str, Any]) -> Step:
    status = int(line["status"])
    return Step(
        source="view",
        target="service",
        call=f"{line['method']} {line['rule'].replace('<token>', '…')}",
        words=_words(line["method"], status, line.get("page")),
        status=status,
        ms=line["ms"],
        good=status < 400,
    )


def _words(method: str, status: int, ending: str | None) -> str:
    if ending is not None:
        return f"The page says: “{_ENDINGS.get(ending, ending)}”"
    if status == 303:
        return "The link is spent, the bag is bound to a new session, and off to checkout."
    if method == "POST":
        return "Another site sent this: the page asks for a tap first."
    return "A page that posts itself. Looking spends nothing."
