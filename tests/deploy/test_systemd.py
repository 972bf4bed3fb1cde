"""systemd accepts the units in `docs/deploy`."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.nginx_server import CONF
from tests.running import require_program

UNITS = {"handoff.service": "serve", "handoff-deliver.service": "deliver"}
COMMAND = "/opt/handoff/bin/handoff"


@pytest.mark.parametrize("name", UNITS)
def test_systemd_finds_no_fault_in_the_unit(name: str, tmp_path: Path) -> None:
    text = (CONF.parent / name).read_text("utf-8")
    assert f"ExecStart={COMMAND} {UNITS[name]} " in text
    unit = tmp_path / name
    unit.write_text(text.replace(COMMAND, shutil.which("true") or ""))
    command = [require_program("systemd-analyze"), "verify", str(unit)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
