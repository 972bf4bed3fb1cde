"""The service as a web view sees it: the only web sessions are those that somebody was let into."""

from __future__ import annotations

import pytest

from handoff.settings import Settings


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Let transfers leave checkout alone, which they ask in sessions of their own."""
    return settings.model_copy(update={"ask_checkout": False})
