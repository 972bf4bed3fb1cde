"""The sandbox sells products of every kind as another recorded shop did."""

from __future__ import annotations

from pathlib import Path

import pytest
from handoff_sandbox import create_shop
from handoff_sandbox.full_catalogue import create_full_catalogue

from tests.sandbox.conftest import URL
from tests.sandbox.recording import (
    FOLDER,
    OWN_LATER,
    Answer,
    Recording,
    find_differences,
    read_recordings,
)
from tests.sandbox.replay import FakeClock, Replay

ALL = read_recordings(FOLDER / "products")

# That shop's customers, addresses and URL keys of the simple products are its own; so is a number
# that is all of an answer, and has no name.
OWN = OWN_LATER | {"url", "url_key", "lastname", "locations", "uid", ""}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Answer, object]]:
    """Play all recordings; give what was answered, and the recorded body with the same ids."""
    clock = FakeClock(ALL[0].at)
    folder: Path = tmp_path_factory.mktemp("sessions")
    catalogue = create_full_catalogue()
    app = create_shop(url=URL, session_path=folder, clock=clock, catalogue=catalogue)
    replay = Replay(app, app.extensions["sandbox"], clock)
    played = {}
    for recording in ALL:
        if recording.name.endswith("after-switched-off"):
            catalogue.disable("PC-GONE")
        given = replay.play(recording)
        played[recording.name] = (given, replay.translated(recording.answer.body))
    return played


@pytest.mark.parametrize("recording", ALL, ids=lambda one: one.name)
def test_products_are_sold_as_recorded(
    answers: dict[str, tuple[Answer, object]], recording: Recording
) -> None:
    given, body = answers[recording.name]
    assert given.status == recording.answer.status
    assert find_differences(body, given.body, OWN) == []
