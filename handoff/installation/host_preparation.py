"""Prepares the host: the service's user, and the folder of the ledger."""

from __future__ import annotations

import grp
import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from handoff.installation.planned_file import create_folder

_ADD_USER = (
    "useradd --system --user-group --no-create-home --home-dir /nonexistent "
    "--shell /usr/sbin/nologin"
).split()
_SYSTEMD = Path("/run/systemd/system")  # present while systemd runs


class HostNotPrepared(Exception):
    """A command that prepares the host has failed. The message says which."""


@dataclass(frozen=True, slots=True)
class HostPreparation:
    """A system user with a group of its name, and a folder that `folder_owner` alone may enter.

    Only root can make the user, so `service_user` is None for others.
    """

    ledger_folder: Path
    folder_owner: str
    service_user: str | None

    def list_steps(self) -> list[str]:
        """Return a sentence for each step that is still to be done."""
        steps = []
        if self._is_user_missing:
            steps.append(f"create the system user {self.service_user}, and a group for it")
        if not self.ledger_folder.exists():
            steps.append(f"create {self.ledger_folder}, mode 0700, for {self.folder_owner}")
        elif self._is_folder_of_another_user:
            steps.append(f"give {self.ledger_folder} and the ledger in it to {self.folder_owner}")
        return steps

    def prepare(self) -> None:
        """Do the missing steps. Raises HostNotPrepared."""
        if self._is_user_missing:
            _run_command([*_ADD_USER, str(self.service_user)])
        try:
            if not self.ledger_folder.exists():
                create_folder(self.ledger_folder.parent)
                self.ledger_folder.mkdir(mode=0o700)
            if self._is_folder_of_another_user and self.service_user:
                owner = pwd.getpwnam(self.folder_owner).pw_uid
                group = grp.getgrnam(determine_group_name(self.service_user)).gr_gid
                for path in (self.ledger_folder, *self.ledger_folder.iterdir()):
                    # The former owner may have put a symbolic link to another file there.
                    os.chown(path, owner, group, follow_symlinks=False)
        except (OSError, LookupError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise HostNotPrepared(f"{self.ledger_folder} cannot be made: {reason}.") from None

    @property
    def _is_folder_of_another_user(self) -> bool:
        """Whether root has to change the owner; the user of the service has to own its ledger."""
        if self.service_user is None or not self.ledger_folder.exists():
            return False
        return (
            not has_user(self.folder_owner)
            or determine_owner_name(self.ledger_folder) != self.folder_owner
        )

    @property
    def _is_user_missing(self) -> bool:
        return self.service_user is not None and not has_user(self.service_user)


def determine_group_name(user: str) -> str:
    """Return the name of a user's own group; a user that is still to be made has an equal name."""
    try:
        return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name
    except KeyError:
        return user


def determine_owner_name(path: Path) -> str:
    """Return the user that a file belongs to: its name, or its number if it has no name here.

    The files of a shop in a container may belong to a user that this machine does not have.
    """
    try:
        return path.owner()
    except KeyError:
        return str(path.stat().st_uid)


def has_user(name: str) -> bool:
    """Return whether there is a user with this name."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def is_root() -> bool:
    """Return whether this process may do everything."""
    return os.geteuid() == 0


def is_systemd_running() -> bool:
    """Return whether systemd runs this machine."""
    return _SYSTEMD.is_dir()


def start_service(timers: list[str]) -> None:
    """Start the service and the timers, now and at each boot. Raises HostNotPrepared."""
    _run_command(["systemctl", "daemon-reload"])
    _run_command(["systemctl", "enable", "--now", "handoff.service", *timers])


def run_as(user: str, group: str, command: list[str]) -> int:
    """Run a command, as root under another user and group, and return its exit code.

    Raises HostNotPrepared if the user may not run it.
    """
    if not is_root():
        return subprocess.run(command, check=False).returncode  # noqa: S603 - our own command
    entry = pwd.getpwnam(user)
    groups = [each.gr_gid for each in grp.getgrall() if user in each.gr_mem]
    try:
        return subprocess.run(  # noqa: S603 - our own command
            command,
            check=False,
            user=entry.pw_uid,
            group=grp.getgrnam(group).gr_gid,
            extra_groups=[*groups, entry.pw_gid],
            cwd="/",
        ).returncode
    except PermissionError:
        raise HostNotPrepared(
            f"The user {user} may not run {command[0]}. Install Handoff in a folder that every "
            "user may enter, such as /opt/handoff, and run `handoff init` there."
        ) from None


def _run_command(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    except FileNotFoundError:
        raise HostNotPrepared(f"{command[0]} is not installed.") from None
    except subprocess.CalledProcessError as error:
        raise HostNotPrepared(f"`{' '.join(command)}` failed: {error.stderr.strip()}") from None
