"""Reads from the services' logs how a link was opened. The web view itself does not report it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from handoff_sandbox.phone.call_log import LoggedCall

_PAGE_TITLES = {
    "unknown": "This link does not work.",
    "expired": "This link has expired.",
    "used": "This link has already been used.",
    "ordered": "Your order has been placed.",
    "superseded": "There is a newer link.",
    "unavailable": "The shop cannot be reached right now.",
    "fault": "Something went wrong.",
}


def read_openings(logs: Iterable[Path], handoff: str) -> list[LoggedCall]:
    """Return every request for a handoff's link, in the order of the answers."""
    lines = [line for log in logs for line in _read_lines(log) if _is_opening(line, handoff)]
    return [_build_call(line) for line in sorted(lines, key=lambda line: str(line["timestamp"]))]


def _read_lines(log: Path) -> Iterator[dict[str, Any]]:
    for text in log.read_text("utf-8", errors="replace").splitlines():
        if text.startswith("{") and text.endswith("}"):
            yield json.loads(text)


def _is_opening(line: dict[str, Any], handoff: str) -> bool:
    is_link = str(line.get("rule", "")).startswith("/h")
    return is_link and line.get("event") == "request" and line.get("handoff") == handoff


def _build_call(line: dict[str, Any]) -> LoggedCall:
    status = int(line["status"])
    return LoggedCall(
        source="view",
        target="service",
        call=f"{line['method']} {line['rule'].replace('<token>', '…')}",
        text=_describe_opening(line["method"], status, line.get("page")),
        status=status,
        ms=line["ms"],
        succeeded=status < 400,
    )


def _describe_opening(method: str, status: int, page: str | None) -> str:
    if page is not None:
        return f"The page says: “{_PAGE_TITLES.get(page, page)}”"
    if status == 303:
        return "The link is used. The bag is in a new shop session, and checkout opens."
    if method == "POST":
        return "Another site has posted this, so the page asks for a tap."
    return "The page posts itself. Looking at it does not use the link."
