"""The units of systemd and the lines for nginx, for one installation."""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from handoff.installation.planned_file import PlannedFile, read_existing_text
from handoff.resource_folders import find_resource_folder

ENV_FILE = Path("/etc/handoff/handoff.env")
UNITS_FOLDER = Path("/etc/systemd/system")
PACKAGED_UNITS_FOLDER = Path("/usr/lib/systemd/system")  # those of the Debian package
LEDGER_FOLDER = Path("/var/lib/handoff")
_COMMAND = "/opt/handoff/bin/handoff"
_LOCATION = "nginx-location.conf"
_LOCATION_PATH = re.compile(r"(?<= )/handoff(/[a-z]*)")
_PLAIN = re.compile(r"[\w./:@%+,=~\[\]-]+")


@dataclass(frozen=True, slots=True)
class Deployment:
    """The place of an installation, and the user and group that the service runs as.

    `session_folder` is set if the shop keeps its sessions in files.
    """

    env_file: Path
    units_folder: Path
    user: str
    group: str
    bind: str
    ledger_folder: Path
    session_folder: str = ""

    def plan_units(self) -> list[PlannedFile]:
        """Return all units; beside those of a package, only what differs from them."""
        folder = find_resource_folder("deploy")
        units = sorted(p for p in folder.iterdir() if p.suffix in (".service", ".timer"))
        if self.units_folder == UNITS_FOLDER and has_packaged_units():
            return [file for unit in units for file in self._plan_override(unit)]
        texts = {unit.name: self._adapt_unit(unit.read_text("utf-8")) for unit in units}
        return [PlannedFile(self.units_folder / name, text) for name, text in texts.items()]

    def plan_nginx_include(self, public_url: str) -> PlannedFile:
        """Return the lines for the shop's nginx, which stand beside the env file."""
        text = _read_packaged_nginx_include()
        path = unquote(urlsplit(public_url).path)  # nginx compares with the decoded path
        file = self.env_file.with_name("nginx.conf")
        text = _LOCATION_PATH.sub(lambda found: _escape_word(f"{path}{found[1]}"), text)
        text = text.replace("/etc/handoff/nginx.conf", str(file))
        text = text.replace("127.0.0.1:8000", self.bind)
        return PlannedFile(file, text)

    def _adapt_unit(self, text: str) -> str:
        text = text.replace(_COMMAND, _build_command()).replace(str(ENV_FILE), str(self.env_file))
        text = text.replace("127.0.0.1:8000", self.bind)
        text = text.replace("\nUser=handoff\nGroup=handoff\n", f"\n{self._build_service_lines()}\n")
        return text

    def _build_service_lines(self) -> str:
        lines = [f"User={self.user}", f"Group={self.group}"]
        if self.session_folder:
            lines.append(f"ReadWritePaths={_escape_path_for_systemd(self.session_folder)}")
        if self.ledger_folder != LEDGER_FOLDER:
            lines.append(f"ReadWritePaths={_escape_path_for_systemd(str(self.ledger_folder))}")
        return "\n".join(lines)

    def _plan_override(self, unit: Path) -> list[PlannedFile]:
        """Return the lines in which this installation differs from a unit of the package."""
        text = unit.read_text("utf-8")
        adapted = self._adapt_unit(text).splitlines()
        lines = [line for line in adapted if line not in text.splitlines()]
        lines = [line for line in lines if line and not line.startswith("#")]
        if not lines:
            return []
        if any(line.startswith("ExecStart=") for line in lines):
            lines.insert(0, "ExecStart=")  # otherwise a second command is added
        folder = self.units_folder / f"{unit.name}.d"
        return [PlannedFile(folder / "handoff-init.conf", "\n".join(["[Service]", *lines, ""]))]


def has_packaged_units() -> bool:
    """Return whether the Debian package has installed the units."""
    return (PACKAGED_UNITS_FOLDER / "handoff.service").exists()


def is_packaged_nginx_include(file: PlannedFile) -> bool:
    """Return whether a file has the lines for nginx as the Debian package installs them."""
    return read_existing_text(file.path) == _read_packaged_nginx_include()


def is_plain_word(text: str) -> bool:
    """Return whether a text means itself in units and for nginx, in all places and unquoted."""
    return _PLAIN.fullmatch(text) is not None and "%" not in text


def _read_packaged_nginx_include() -> str:
    return (find_resource_folder("deploy") / _LOCATION).read_text("utf-8")


def _escape_word(text: str) -> str:
    """Return a text as one word of a unit or of a file for nginx."""
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _escape_path_for_systemd(path: str) -> str:
    return _escape_word(path.replace("%", "%%"))


def _build_command() -> str:
    """Return the `handoff` of the environment that this process runs in."""
    return shlex.quote(str(Path(sys.executable).with_name("handoff")))
