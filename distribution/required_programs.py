"""Skips tests of the packaging whose programs are missing, and names these."""

from __future__ import annotations

import shutil

import pytest


def require_programs(*names: str) -> None:
    """Skip the test if a program is missing."""
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
