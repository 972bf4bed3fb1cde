"""Files that an installation writes: shown as a diff first, then replaced as a whole."""

from __future__ import annotations

import difflib
import grp
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from handoff.installation.env_file_merge import hide_secrets


class FileNotWritable(Exception):
    """A file cannot be read or written. The message names it."""


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file with its planned content and owner. `group` is None for the group of this process."""

    path: Path
    text: str
    mode: int = 0o644
    group: str | None = None

    def exists(self) -> bool:
        """Return whether there is such a file, of any content."""
        return self.path.exists()

    def has_change(self) -> bool:
        """Return whether writing the file would change its text, mode or group."""
        return bool(self.build_diff())

    def build_diff(self) -> str:
        """Return the difference to the existing file, without secrets; empty if there is none."""
        current = read_existing_text(self.path)
        lines = difflib.unified_diff(
            [hide_secrets(line) for line in (current or "").splitlines()],
            [hide_secrets(line) for line in self.text.splitlines()],
            str(self.path) if current is not None else "/dev/null",
            str(self.path),
            lineterm="",
            n=1,
        )
        return "\n".join([*lines, *self._describe_rights()])

    def write(self) -> None:
        """Write the file with its rights in one step. Raises FileNotWritable."""
        try:
            create_folder(self.path.parent)
            descriptor, temporary = tempfile.mkstemp(dir=self.path.parent)
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                    stream.write(self.text)
                    os.fchown(stream.fileno(), -1, _get_group_id(self.group))
                    os.fchmod(stream.fileno(), self.mode)
                Path(temporary).replace(self.path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise FileNotWritable(f"{self.path} cannot be written: {error.strerror}.") from None

    def _describe_rights(self) -> list[str]:
        """Return a line about owner and mode, if the existing file has others."""
        if not self.path.exists():
            return [f"mode {self.mode:04o}, group {self.group}"] if self.group else []
        status = self.path.stat()
        group = _get_group_id(self.group)
        is_same_group = group in (-1, status.st_gid)
        if is_same_group and stat.S_IMODE(status.st_mode) == self.mode:
            return []
        owner = f", group {self.group}" if self.group else ""
        return [f"{self.path}: mode {stat.S_IMODE(status.st_mode):04o} → {self.mode:04o}{owner}"]


def require_writable(path: Path) -> None:
    """Raise FileNotWritable if this user cannot create or replace a file."""
    folder = next(parent for parent in path.resolve().parents if parent.exists())
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FileNotWritable(
            f"{path} cannot be written by this user. Run this command as root, or choose another "
            "place with --env-file."
        )


def create_folder(folder: Path) -> None:
    """Create a missing folder, and those above it, so that every user may enter them."""
    for path in (*reversed(folder.parents), folder):
        if not path.exists():
            path.mkdir()
            path.chmod(0o755)


def read_existing_text(path: Path) -> str | None:
    """Return the text of a file, or None if there is none. Raises FileNotWritable."""
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise FileNotWritable(f"{path} is not UTF-8 text.") from None
    except OSError as error:
        raise FileNotWritable(f"{path} cannot be read: {error.strerror}.") from None


def _get_group_id(name: str | None) -> int:
    """Return the number of a group, -1 for no change, or if the group is still to be made."""
    try:
        return grp.getgrnam(name).gr_gid if name else -1
    except KeyError:
        return -1
