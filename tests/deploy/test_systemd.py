"""systemd accepts the units in `docs/deploy`."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from handoff.cli import COMMANDS
from tests.nginx_server import CONF
from tests.running_servers import require_program

UNITS = sorted(path for path in CONF.parent.iterdir() if path.suffix in (".service", ".timer"))
COMMAND = "/opt/handoff/bin/handoff"


def verify(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [require_program("systemd-analyze"), "verify", *map(str, folder.iterdir())]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.processes
def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text("utf-8").replace(COMMAND, shutil.which("true") or "")
        (tmp_path / unit.name).write_text(text)
    result = verify(tmp_path)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_every_service_runs_a_command_and_every_timer_a_service(unit: Path) -> None:
    text = unit.read_text("utf-8")
    if unit.suffix == ".timer":
        assert unit.with_suffix(".service") in UNITS
        return
    [line] = [line for line in text.splitlines() if line.startswith(f"ExecStart={COMMAND} ")]
    assert line.split()[1] in COMMANDS
    assert "--env-file /etc/handoff/handoff.env" in line
