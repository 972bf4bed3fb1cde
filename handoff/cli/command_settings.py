"""The settings of a command, and its option `--env-file`."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from handoff.cli.command_exit import COULD_NOT_RUN, UNREADABLE_SETTINGS, exit_with_setting_faults
from handoff.installation.env_file_merge import read_values
from handoff.settings import Settings, SettingsError, load_settings


def add_env_file_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--env-file FILE` to a command: lines of NAME=value that win over the environment."""
    return click.option(
        "--env-file",
        type=click.Path(readable=False, path_type=Path),
        expose_value=False,
        is_eager=True,
        callback=_load_env_file,
        help="Read settings from this file; they win over the environment.",
    )(command)


def load_settings_or_exit() -> Settings:
    """Return the settings, or print all their faults and exit with code 2."""
    try:
        return load_settings()
    except SettingsError as error:
        exit_with_setting_faults(error.faults)


def _load_env_file(context: click.Context, _parameter: click.Parameter, file: Path | None) -> None:
    if file is None:
        return
    try:
        text = file.read_text("utf-8-sig")
    except PermissionError:
        _exit_with_unreadable_file(file, context.info_name)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "It is not UTF-8 text"
        raise click.BadParameter(f"{file}: {reason}.") from None
    if "\0" in text:  # a power failure can leave zero bytes; the environment can hold none
        raise click.BadParameter(f"{file}: It holds a NUL character.")
    os.environ.update(read_values(text))


def _exit_with_unreadable_file(file: Path, command: str | None) -> NoReturn:
    """Say which user cannot read the file and how to change that.

    The commands that systemd runs end with a code of their own, so that it does not repeat them.
    """
    group = _get_group_name(os.getegid())
    lines = [f"--env-file: {file} cannot be read by the user {_get_user_name(os.geteuid())}."]
    try:
        status = file.stat()
    except PermissionError:
        lines.append(f"This user may not enter a folder above it: look at namei -l {file}")
    else:
        owners = f"{_get_user_name(status.st_uid)}:{_get_group_name(status.st_gid)}"
        lines.append(f"It belongs to {owners} with the mode {stat.S_IMODE(status.st_mode):04o}.")
        lines.append(f"As root, run: chown root:{group} {file} && chmod 0640 {file}")
    click.echo("\n  ".join(lines), err=True)
    is_service = command in ("serve", "deliver")
    raise click.exceptions.Exit(UNREADABLE_SETTINGS if is_service else COULD_NOT_RUN)


def _get_user_name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _get_group_name(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
