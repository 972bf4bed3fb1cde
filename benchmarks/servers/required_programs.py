"""The programs that a benchmark needs, where they are, and which packages have them."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

PACKAGES = {
    "wrk": "wrk",
    "nginx": "nginx",
    "redis-server": "redis-server",
    "initdb": "postgresql",
    "postgres": "postgresql",
}


def require_programs() -> None:
    """End the process with one line if a program is missing."""
    missing = sorted({package for name, package in PACKAGES.items() if _find_in_path(name) is None})
    if missing:
        raise SystemExit(
            f"make bench needs {' and '.join(missing)} on this machine; on Debian: "
            f"apt-get install {' '.join(missing)}"
        )


def find_program(name: str) -> str:
    """Return the path of a program. Raises FileNotFoundError."""
    found = _find_in_path(name)
    if found is None:
        raise FileNotFoundError(name)
    return found


def _find_in_path(name: str) -> str | None:
    # On Debian, PostgreSQL's programs are in no folder of PATH, and nginx is in /usr/sbin.
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_parse_version, reverse=True)
    path = [*map(str, folders), *os.get_exec_path(), "/usr/sbin", "/usr/local/sbin"]
    return shutil.which(name, path=os.pathsep.join(path))


def _parse_version(folder: Path) -> int:
    return int(re.sub(r"\D", "", folder.parent.name) or 0)
