"""`docs/deploy/handoff.service`, as systemd itself reads it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.front import CONF
from tests.running import require_program

UNIT = CONF.parent / "handoff.service"
COMMAND = "/opt/handoff/bin/handoff"


def test_systemd_knows_all_that_stands_in_it(tmp_path: Path) -> None:
    text = UNIT.read_text("utf-8")
    assert f"ExecStart={COMMAND} serve " in text
    unit = tmp_path / UNIT.name
    unit.write_text(text.replace(COMMAND, shutil.which("true") or ""))
    command = [require_program("systemd-analyze"), "verify", str(unit)]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
