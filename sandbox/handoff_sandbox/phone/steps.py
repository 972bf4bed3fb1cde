"""What is told of a run, one JSON object a line: calls, sentences, the instruction."""

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
# What opens something is cut short, wherever it stands.
_SECRETS = (
    re.compile(r"()(eyJ[\w-])[\w.-]+"),
    re.compile(r"(/h/|token=)([\w-]{6})[\w.-]+"),
    re.compile(r"()\b([A-Za-z0-9]{4})[A-Za-z0-9]{28}\b"),
    re.compile(r'("password": ")()[^"]+'),
)


@dataclass(frozen=True, slots=True)
class Step:
    """A call that was made: who asked whom, what for, and what came back after how long."""

    source: str
    target: str
    words: str
    call: str = ""
    status: int | None = None
    ms: float | None = None
    sent: str | None = None
    answer: str | None = None
    good: bool = True

    def event(self) -> Event:
        return {"kind": "step", **asdict(self)}


@dataclass(frozen=True, slots=True)
class Made:
    """A call that came back, the time it took, and how to tell of it."""

    response: requests.Response
    ms: float

    @property
    def json(self) -> Any:
        return self.response.json()

    def told(self, source: str, target: str, words: str, *, sent: object = None) -> Step:
        """Tell of the call; `sent` and the answer are shown as JSON."""
        asked = self.response.request
        path = "/" + str(asked.url).split("/", 3)[3]
        is_json = "json" in self.response.headers.get("Content-Type", "")
        return Step(
            source=source,
            target=target,
            call=shortened(f"{asked.method} {path}"),
            words=words,
            status=self.response.status_code,
            ms=self.ms,
            sent=None if sent is None else readable(sent),
            answer=readable(self.json) if is_json else None,
            good=self.response.status_code < 400,
        )


def call(http: requests.Session, method: str, url: str, **options: Any) -> Made:
    """Make a call without following redirects, and take its time in milliseconds."""
    started = time.perf_counter()
    response = http.request(method, url, timeout=TIMEOUT, allow_redirects=False, **options)
    return Made(response, round((time.perf_counter() - started) * 1000, 1))


def note(words: str, *, good: bool = True) -> Event:
    return {"kind": "note", "words": words, "good": good}


def lines(events: Iterable[Event]) -> Iterator[str]:
    """Write events as lines; a server that cannot be reached is told of, too."""
    try:
        for event in events:
            yield json.dumps(event) + "\n"
    except requests.RequestException as error:
        words = f"A server of the demo did not answer ({type(error).__name__})."
        yield json.dumps(note(words, good=False)) + "\n"


def readable(value: object) -> str:
    """Write JSON with a line for each field, and what is below on that line."""
    if not isinstance(value, dict):
        return shortened(json.dumps(value, ensure_ascii=False))
    fields = (f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in value.items())
    return shortened("{\n" + ",\n".join(fields) + "\n}")


def shortened(text: str) -> str:
    """Leave of each token, link and masked id what lets it be recognised, and no more."""
    for secret in _SECRETS:
        text = secret.sub(r"\1\2…", text)
    return text
