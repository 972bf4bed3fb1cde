"""What the service in this process has logged."""

from __future__ import annotations

import json
from typing import Any

import pytest


class Logged:
    """Reads the lines of JSON on standard error, once logging has been configured in a test."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def lines(self, event: str | None = None) -> list[dict[str, Any]]:
        """Return what has been logged since the last call, or of that one kind of event."""
        written = self._capture.readouterr().err.splitlines()
        found = [json.loads(line) for line in written if line.startswith("{")]
        return [line for line in found if event in (None, line["event"])]
