"""Several websites and store views: the sandbox answers as a recorded shop that has them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from handoff_sandbox import create_several_views, create_shop

from tests.sandbox.recording import (
    FOLDER,
    OWN_LATER,
    Answer,
    Recording,
    find_differences,
    read_recordings,
)
from tests.sandbox.replay import FakeClock, Replay

ALL = read_recordings(FOLDER / "stores")
VIEWS = create_several_views("http://www.shop.test:8091", "http://www.shop-eu.test:8091")
QUOTE = re.compile(r's:\d+:"(\d+)";}$')


@dataclass(slots=True)
class Numbers:
    """The sandbox's numbers of quotes, by the recorded shop's."""

    own: dict[str, str] = field(default_factory=dict)

    def learn(self, recorded: object, given: object) -> None:
        """Note a quote's number: an answer of its own, or named in one."""
        if isinstance(recorded, dict) and isinstance(given, dict):
            recorded, given = (one.get("quote_id", one.get("id")) for one in (recorded, given))
        if str(recorded).isdigit():
            self.own[str(recorded)] = str(given)

    def session(self, written: str) -> str:
        """Return a session that was written for the recorded shop with the sandbox's number."""

        def own(match: re.Match[str]) -> str:
            number = self.own.get(match[1], match[1])
            return f's:{len(number)}:"{number}";}}'

        return QUOTE.sub(own, written)


@dataclass(frozen=True, slots=True)
class Pair:
    recorded: Answer
    given: Answer
    recorded_body: object


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pair]:
    found: dict[str, Pair] = {}
    for shared in (False, True):
        clock, folder = FakeClock(ALL[0].at), tmp_path_factory.mktemp("sessions")
        app = create_shop(
            url=VIEWS.first.url,
            session_path=folder,
            clock=clock,
            views=VIEWS,
            shared_accounts=shared,
        )
        replay = Replay(app, app.extensions["sandbox"], clock)
        numbers = Numbers()
        for recording in ALL:
            if is_shared(recording) == shared:
                found[recording.name] = _play(replay, recording, numbers, folder)
    return found


def is_shared(recording: Recording) -> bool:
    """Tell whether the exchange was recorded while all websites shared their accounts."""
    return "-shared-" in recording.name


def _play(replay: Replay, recording: Recording, numbers: Numbers, folder: Path) -> Pair:
    if recording.written is not None:
        written = numbers.session(recording.written)
        (folder / f"sess_{recording.sent_session}").write_text(written)
    given = replay.play(recording)
    numbers.learn(recording.answer.body, given.body)
    return Pair(recording.answer, given, replay.translated(recording.answer.body))


@pytest.mark.parametrize("recording", ALL, ids=lambda one: one.name)
def test_the_sandbox_answers_as_recorded(pairs: dict[str, Pair], recording: Recording) -> None:
    pair = pairs[recording.name]
    assert pair.given.status == pair.recorded.status
    assert pair.given.location == pair.recorded.location
    assert pair.given.cookies == pair.recorded.cookies
    if recording.path.startswith("/checkout/"):
        assert read_shown_values(pair.given.body) == pair.recorded_body
    elif isinstance(pair.recorded_body, int):
        assert isinstance(pair.given.body, int)
    elif pair.recorded_body is not None:
        assert find_differences(pair.recorded_body, pair.given.body, OWN_LATER) == []


def read_shown_values(page: object) -> dict[str, object] | None:
    """Read from a page of checkout what was read from the script of the recorded one."""
    html = str(page)
    opening = re.search(r'<html lang="(\w+)" data-store="(\w+)">', html)
    subtotal = re.search(r'class="subtotal">(.)([\d.,]+)<', html)
    if opening is None or subtotal is None:
        return None
    return {
        "store": opening[2],
        "lang": opening[1],
        "subtotal": float(subtotal[2].replace(",", "")),
        "currency": {"£": "GBP", "€": "EUR"}[subtotal[1]],
        "logged_in": 'data-logged-in="1"' in html,
    }
