"""The sandbox answers as the recorded shop did: all recordings, in the order of their making."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from handoff_sandbox import create_shop

from tests.sandbox.conftest import URL
from tests.sandbox.recorded_preparations import PREPARATIONS
from tests.sandbox.recording import (
    OWN,
    OWN_LATER,
    Answer,
    Recording,
    find_differences,
    read_recordings,
)
from tests.sandbox.replay import FakeClock, Replay

ALL = read_recordings()
MANY_CARTS_LATER = datetime(2026, 11, 21, 19, 10, tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class Pair:
    recorded: Answer
    given: Answer
    kept_session: bool


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pair]:
    clock = FakeClock(ALL[0].at)
    folder: Path = tmp_path_factory.mktemp("sessions")
    app = create_shop(url=URL, session_path=folder, clock=clock)
    replay = Replay(app, app.extensions["sandbox"], clock)
    return {recording.name: _play(replay, recording) for recording in ALL}


def _play(replay: Replay, recording: Recording) -> Pair:
    step = PREPARATIONS.get(recording.name)
    if step is not None:
        step(replay)
    sent = replay.names.get(str(recording.sent_session), recording.sent_session)
    given = replay.play(recording)
    recorded = recording.answer
    translated = Answer(
        status=recorded.status,
        content_type=recorded.content_type,
        location=recorded.location,
        cookies=recorded.cookies,
        session=recorded.session,
        body=replay.translated(recorded.body),
    )
    return Pair(translated, given, kept_session=given.session == sent)


@pytest.mark.parametrize("recording", ALL, ids=lambda one: one.name)
def test_the_sandbox_answers_as_recorded(pairs: dict[str, Pair], recording: Recording) -> None:
    recorded, given = pairs[recording.name].recorded, pairs[recording.name].given
    assert given.status == recorded.status
    assert given.content_type == recorded.content_type
    assert given.location == recorded.location
    assert given.cookies == recorded.cookies
    if recording.sent_session is not None:
        was_kept = recording.sent_session == recording.answer.session
        assert pairs[recording.name].kept_session == was_kept
    if recorded.body is not None:
        own = OWN_LATER if recording.at > MANY_CARTS_LATER else OWN
        assert find_differences(recorded.body, given.body, own) == []
