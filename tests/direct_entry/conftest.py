"""Fixtures: a service whose only shop sessions are those of direct entries."""

from __future__ import annotations

import pytest

from handoff.settings import Settings


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Switch the checkout preflight off, which writes shop sessions of its own."""
    return settings.model_copy(update={"checkout_preflight": "off"})
