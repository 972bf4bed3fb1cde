"""The option `--env-file`, and settings for a command."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from dotenv import dotenv_values

from handoff.cli.exit_codes import exit_with_setting_faults
from handoff.settings import Settings, SettingsError, load_settings


def add_env_file_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--env-file FILE` to a command: lines of NAME=value that win over the environment."""
    return click.option(
        "--env-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
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


def _load_env_file(_context: click.Context, _parameter: click.Parameter, file: Path | None) -> None:
    if file is not None:
        values = dotenv_values(file, interpolate=False)
        os.environ.update({name: value for name, value in values.items() if value is not None})
