"""`--env-file`, which every command takes, and settings that were read or refused in words."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from dotenv import dotenv_values

from handoff.settings import SettingsError, load_settings


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


def check_settings() -> None:
    """End with every fault of the settings, one a line, and exit code 2, if there is any."""
    try:
        load_settings()
    except SettingsError as error:
        click.echo("The settings cannot be used:", err=True)
        for fault in error.faults:
            click.echo(f"  {fault}", err=True)
        raise click.exceptions.Exit(2) from None


def _load(_context: click.Context, _parameter: click.Parameter, file: Path | None) -> None:
    if file is not None:
        values = dotenv_values(file, interpolate=False)
        os.environ.update({name: value for name, value in values.items() if value is not None})
