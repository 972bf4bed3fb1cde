"""Tests of the text that init shows of an env file."""

from __future__ import annotations

import pytest

from handoff.installation.env_file_merge import hide_secrets


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("HANDOFF_SESSION_STORE=redis://h:6379/2", "HANDOFF_SESSION_STORE=redis://h:6379/2"),
        ("HANDOFF_SESSION_STORE=redis://u:hidden@h/2", "HANDOFF_SESSION_STORE=redis://u:…@h/2"),
        ("HANDOFF_SESSION_STORE='redis://:hid/d@n@h/2'", "HANDOFF_SESSION_STORE='redis://:…@h/2'"),
        ("HANDOFF_DATABASE_URL=postgresql://u:hi:d#n@h", "HANDOFF_DATABASE_URL=postgresql://u:…@h"),
        ("# HANDOFF_SECRET_KEY=hidden", "# HANDOFF_SECRET_KEY=…"),
        ("HANDOFF_SECRET_KEY_FILE=/etc/key", "HANDOFF_SECRET_KEY_FILE=/etc/key"),
    ],
)
def test_keys_and_passwords_are_hidden_however_they_are_written(line: str, shown: str) -> None:
    assert hide_secrets(line) == shown
