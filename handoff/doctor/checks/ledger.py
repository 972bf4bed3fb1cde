"""Checks that only read the ledger: does it exist, is it current, is its disk suitable?"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import make_url

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown, warning
from handoff.ledger.database import open_database
from handoff.ledger.migrate import (
    describe_unknown_version,
    get_newest_schema_version,
    is_known_version,
    read_schema_version,
)
from handoff.problems import LedgerUnavailable

_MOUNTS = Path("/proc/mounts")
_NETWORK_FILE_SYSTEMS = frozenset(
    "9p afs beegfs ceph cifs coda fuse.glusterfs fuse.sshfs gfs2 glusterfs lustre ncpfs nfs nfs4 "
    "ocfs2 smb3 smbfs".split()
)


def check_ledger_file_system(context: CheckContext) -> CheckResult | None:
    """Check that the file system of a SQLite ledger is suitable."""
    path = _get_sqlite_path(context)
    if path is None:
        return None
    file_system = _find_file_system(path)
    if file_system is None:
        return unknown("This system does not list its file systems.")
    if file_system in _NETWORK_FILE_SYSTEMS:
        return fault(
            f"SQLite's locks and WAL do not work on a network file system ({file_system}).",
            "Move HANDOFF_DATABASE_URL to a local disk.",
        )
    if file_system == "tmpfs":
        return warning(
            "It is in memory (tmpfs): a restart of the machine loses acknowledged handoffs.",
            "Move HANDOFF_DATABASE_URL to a disk.",
        )
    return ok(f"A local file system ({file_system}).")


def check_ledger(context: CheckContext) -> CheckResult:
    """Check whether the service can use the ledger, and whether its tables are current."""
    path = _get_sqlite_path(context)
    if path is None:
        return _check_server(context.settings.database_url.get_secret_value())
    return _check_file(path) if path.exists() else _check_missing_file(path)


def _get_sqlite_path(context: CheckContext) -> Path | None:
    url = make_url(context.settings.database_url.get_secret_value())
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def _check_server(url: str) -> CheckResult:
    with closing(open_database(url)) as database:
        try:
            version = read_schema_version(database)
        except LedgerUnavailable as error:
            return fault(
                f"The database cannot be used: {error.reason}.",
                "Correct HANDOFF_DATABASE_URL; the server's log names the users it has refused.",
            )
    if version is None:
        return ok("The server answers; the service creates its tables when it first starts.")
    return _check_version(version, "The server answers, and the tables are up to date.")


def _check_missing_file(path: Path) -> CheckResult:
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not os.access(folder, os.W_OK | os.X_OK):
        return fault(
            f"It does not exist yet, and this user may not create it in {folder}.",
            "Give the service's user write access to the folder, or change HANDOFF_DATABASE_URL.",
        )
    return ok("It does not exist yet; the service creates it when it first starts.")


def _check_file(path: Path) -> CheckResult:
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK)):
        return fault(
            "This user may not write to it, or not to its folder, where SQLite needs more files.",
            "Run doctor as the service's user. If this is that user, give it write access to both.",
        )
    try:
        version, journal_mode = _read_version_and_journal_mode(path)
    except sqlite3.Error:
        return fault(
            "The file is not a SQLite database with a ledger in it.",
            "Set HANDOFF_DATABASE_URL to the ledger, or to a path that does not exist yet.",
        )
    if journal_mode != "wal":
        return fault(
            f"It is not in WAL mode ({journal_mode}).", "Start the service once; that sets it."
        )
    return _check_version(version, "Readable, up to date and in WAL mode.")


def _check_version(version: str | None, seen: str) -> CheckResult:
    newest = get_newest_schema_version()
    if version is not None and not is_known_version(version):
        return fault(
            f"The ledger cannot be used: {describe_unknown_version(version)}.",
            "No version of the service starts with a newer ledger.",
        )
    if version != newest:
        return warning(
            f"Its tables have version {version or 'none'}; this program needs {newest}.",
            "Start this version of the service; it updates them.",
        )
    return ok(seen)


def _read_version_and_journal_mode(path: Path) -> tuple[str | None, str]:
    url = f"file:{quote(str(path.absolute()))}?mode=ro"
    with closing(sqlite3.connect(url, uri=True, timeout=2)) as connection:
        journal_mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return (row[0] if row else None), str(journal_mode)


def _find_file_system(path: Path) -> str | None:
    """Return the type of the file system that a path is on, or would be if it existed."""
    try:
        lines = _MOUNTS.read_text("utf-8").splitlines()
    except OSError:
        return None
    real_path = path.absolute().resolve()
    deepest, found = -1, None
    for line in lines:
        _, mount_point, file_system, *_ = line.split(" ")
        folder = Path(mount_point.replace("\\040", " "))
        # A later mount at the same path hides an earlier one.
        if real_path.is_relative_to(folder) and len(folder.parts) >= deepest:
            deepest, found = len(folder.parts), file_system
    return found
