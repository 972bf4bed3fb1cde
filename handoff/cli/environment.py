"""`--env-file`, which every command takes, and settings that were read or refused in words."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click
from dotenv import dotenv_values

from handoff.settings import Settings, SettingsError, load_settings


def env_file_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--env-file FILE` to a command: lines of NAME=value that win over the environment."""
    return click.option(
        "--env-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        expose_value=False,
        is_eager=True,
        callback=_load,
        help="Read settings from this file; they win over the environment.",
    )(command)


def read_settings() -> Settings:
    """Return the settings, or end with all their faults, one a line, and exit code 2."""
    try:
        return load_settings()
    except SettingsError as error:
        refuse(error.faults)


def refuse(faults: list[str]) -> NoReturn:
    """End with what is wrong with the settings, one a line, and exit code 2."""
    click.echo("The settings cannot be used:", err=True)
    for fault in faults:
        click.echo(f"  {fault}", err=True)
    raise click.exceptions.Exit(2)


def _load(_context: click.Context, _parameter: click.Parameter, file: Path | None) -> None:
    if file is not None:
        values = dotenv_values(file, interpolate=False)
        os.environ.update({name: value for name, value in values.items() if value is not None})
