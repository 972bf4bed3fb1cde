"""The ledger, looked at without a write: is it there, up to date, and on a good disk?"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import make_url

from handoff.doctor.case import Case
from handoff.doctor.finding import Finding, fault, ok, unknown, warning
from handoff.ledger import newest_schema_version, open_database, read_schema_version
from handoff.problems import LedgerUnavailable

_NAME = "Ledger"
_MOUNTS = Path("/proc/mounts")
_NETWORKED = frozenset(
    "9p afs beegfs ceph cifs coda fuse.glusterfs fuse.sshfs gfs2 glusterfs lustre ncpfs nfs nfs4 "
    "ocfs2 smb3 smbfs".split()
)


def ledger_is_good(case: Case) -> Iterator[Finding]:
    """Look at the file, its folder, its version, and its file system; or at the server."""
    address = case.settings.database_url.get_secret_value()
    if not address.startswith("sqlite:"):
        yield _on_server(address)
        return
    path = Path(make_url(address).database or "")
    yield _on_disk(path)
    if path.exists():
        yield _inside(path)
    else:
        yield _not_yet(path)


def _on_server(address: str) -> Finding:
    with closing(open_database(address)) as database:
        try:
            version = read_schema_version(database)
        except LedgerUnavailable:
            return fault(
                _NAME,
                "The database cannot be reached, or does not let the service in.",
                "Put HANDOFF_DATABASE_URL right; the log of the server says whom it has refused.",
            )
    if version is None:
        return ok(_NAME, "Reached; the first start of the service makes its tables.")
    return _of_version(version, "Reached, up to date.")


def _of_version(version: str | None, good: str) -> Finding:
    newest = newest_schema_version()
    if version != newest:
        return warning(
            _NAME,
            f"Its tables are of version {version or 'none'}; this program has {newest}.",
            "Start the service of this version, which brings them up to date.",
        )
    return ok(_NAME, good)


def _on_disk(path: Path) -> Finding:
    name = "Ledger's disk"
    kind = _file_system(path)
    if kind is None:
        return unknown(name, "This system does not tell what file system it is on.")
    if kind in _NETWORKED:
        return fault(
            name,
            f"It is on a network file system ({kind}), where SQLite's locks and WAL do not hold.",
            "Put HANDOFF_DATABASE_URL on a local disk.",
        )
    if kind == "tmpfs":
        return warning(
            name,
            "It is in memory (tmpfs): what was acknowledged is gone with a restart.",
            "Put HANDOFF_DATABASE_URL on a disk.",
        )
    return ok(name, f"A local file system ({kind}).")


def _not_yet(path: Path) -> Finding:
    folder = next((one for one in path.absolute().parents if one.exists()), Path("/"))
    if not os.access(folder, os.W_OK | os.X_OK):
        return fault(
            _NAME,
            f"There is none yet, and this user may not make one in {folder}.",
            "Give the service's user the right to write there, or set HANDOFF_DATABASE_URL.",
        )
    return ok(_NAME, "There is none yet; the first start of the service makes it.")


def _inside(path: Path) -> Finding:
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK)):
        return fault(
            _NAME,
            "This user may not write it, or not its folder, where SQLite keeps files beside it.",
            "Run doctor as the service's user. If it is that one, give it the right to both.",
        )
    try:
        version, mode = _version_and_mode(path)
    except sqlite3.Error:
        return fault(
            _NAME,
            "The file cannot be read as a SQLite database with a ledger in it.",
            "Set HANDOFF_DATABASE_URL to the ledger, or to a path where there is nothing yet.",
        )
    if mode != "wal":
        return fault(
            _NAME, f"It is not in WAL mode ({mode}).", "Start the service once, which sets it."
        )
    return _of_version(version, "Reached, up to date, in WAL mode.")


def _version_and_mode(path: Path) -> tuple[str | None, str]:
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=2)) as connection:
        mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return (row[0] if row else None), str(mode)


def _file_system(path: Path) -> str | None:
    """Return the type of the file system that a path is on, or would be."""
    try:
        lines = _MOUNTS.read_text("utf-8").splitlines()
    except OSError:
        return None
    real = path.absolute().resolve()
    best, kind = -1, None
    for line in lines:
        _, mounted, found, *_ = line.split(" ")
        at = Path(mounted.replace("\\040", " "))
        # A later mount on the same place covers the earlier one.
        if real.is_relative_to(at) and len(at.parts) >= best:
            best, kind = len(at.parts), found
    return kind
