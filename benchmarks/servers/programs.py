"""The programs that a benchmark needs, where they are, and how to get them."""

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
    """End with one line about what is missing."""
    packages = sorted({PACKAGES[name] for name in PACKAGES if _find(name) is None})
    if packages:
        words = " and ".join(packages)
        raise SystemExit(
            f"make bench needs {words} on this machine; on Debian: apt-get install "
            + " ".join(packages)
        )


def program(name: str) -> str:
    """Return where a program is; `require_programs` has seen that it is there."""
    found = _find(name)
    if found is None:
        raise FileNotFoundError(name)
    return found


def _find(name: str) -> str | None:
    # Debian keeps the programs of PostgreSQL off the path, and nginx off that of most users.
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    return shutil.which(name, path=os.pathsep.join([*map(str, folders), _usual_path()]))


def _usual_path() -> str:
    return os.pathsep.join([*os.get_exec_path(), "/usr/sbin", "/usr/local/sbin"])


def _version(folder: Path) -> int:
    return int(re.sub(r"\D", "", folder.parent.name) or 0)
