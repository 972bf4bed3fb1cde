"""Events that the page shows, one JSON object a line: calls, notes, the instruction."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import requests

Event = dict[str, Any]

TIMEOUT = 15  # seconds
# Credentials, which are shown by their first characters only.
_CREDENTIALS = (
    re.compile(r"()(eyJ[\w-])[\w.-]+"),
    re.compile(r"(/h/|token=)([\w-]{6})[\w.-]+"),
    re.compile(r"()\b([A-Za-z0-9]{4})[A-Za-z0-9]{28}\b"),
    re.compile(r'("password": ")()[^"]+'),
)


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """A call as the page shows it: caller and callee, purpose, answer and duration."""

    source: str
    target: str
    text: str
    call: str = ""
    status: int | None = None
    ms: float | None = None
    sent: str | None = None
    answer: str | None = None
    succeeded: bool = True

    def as_event(self) -> Event:
        """Return the event for the page."""
        return {"kind": "call", **asdict(self)}


@dataclass(frozen=True, slots=True)
class TimedResponse:
    """A response and how long it took, in milliseconds."""

    response: requests.Response
    ms: float

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return self.response.json()

    def as_logged_call(
        self, source: str, target: str, text: str, *, sent: object = None
    ) -> LoggedCall:
        """Return the call for the page, with `sent` and the answer as JSON."""
        request = self.response.request
        path = "/" + str(request.url).split("/", 3)[3]
        is_json = "json" in self.response.headers.get("Content-Type", "")
        return LoggedCall(
            source=source,
            target=target,
            call=shorten_credentials(f"{request.method} {path}"),
            text=text,
            status=self.response.status_code,
            ms=self.ms,
            sent=None if sent is None else format_json(sent),
            answer=format_json(self.json) if is_json else None,
            succeeded=self.response.status_code < 400,
        )


def send_request(http: requests.Session, method: str, url: str, **options: Any) -> TimedResponse:
    """Send a request, follow no redirect, and return the response with its duration."""
    started = time.perf_counter()
    response = http.request(method, url, timeout=TIMEOUT, allow_redirects=False, **options)
    return TimedResponse(response, round((time.perf_counter() - started) * 1000, 1))


def build_note(text: str, *, succeeded: bool = True) -> Event:
    """Return an event that is a sentence."""
    return {"kind": "note", "text": text, "succeeded": succeeded}


def write_lines(events: Iterable[Event]) -> Iterator[str]:
    """Yield events as lines of JSON, the last of them a note if a server cannot be reached."""
    try:
        for event in events:
            yield json.dumps(event) + "\n"
    except requests.RequestException as error:
        text = f"A server of the demo did not answer ({type(error).__name__})."
        yield json.dumps(build_note(text, succeeded=False)) + "\n"


def format_json(value: object) -> str:
    """Return JSON with one line for each field of the outer object, without credentials."""
    if not isinstance(value, dict):
        return shorten_credentials(json.dumps(value, ensure_ascii=False))
    fields = (f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in value.items())
    return shorten_credentials("{\n" + ",\n".join(fields) + "\n}")


def shorten_credentials(text: str) -> str:
    """Cut each token, link and masked id to its first characters."""
    for pattern in _CREDENTIALS:
        text = pattern.sub(r"\1\2…", text)
    return text
