"""Read the log lines that the service in this process has written."""

from __future__ import annotations

import json
from typing import Any

import pytest


class CapturedLog:
    """Reads the lines of JSON on standard error, once a test has configured logging."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def read_lines(self, event: str | None = None) -> list[dict[str, Any]]:
        """Return the lines since the last call, or those of one event."""
        written = self._capture.readouterr().err.splitlines()
        lines = [json.loads(line) for line in written if line.startswith("{")]
        return [line for line in lines if event in (None, line["event"])]
