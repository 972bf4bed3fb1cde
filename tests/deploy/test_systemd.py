"""systemd accepts `docs/deploy/handoff.service`."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.nginx_server import CONF
from tests.running import require_program

UNIT = CONF.parent / "handoff.service"
COMMAND = "/opt/handoff/bin/handoff"


def test_systemd_finds_no_fault_in_the_unit(tmp_path: Path) -> None:
    text = UNIT.read_text("utf-8")
    assert f"ExecStart={COMMAND} serve " in text
    unit = tmp_path / UNIT.name
    unit.write_text(text.replace(COMMAND, shutil.which("true") or ""))
    command = [require_program("systemd-analyze"), "verify", str(unit)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
