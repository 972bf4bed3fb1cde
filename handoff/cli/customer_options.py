"""The options `--customer-email` and `--customer-password-file`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from handoff.cli.command_exit import exit_with_error


def add_customer_options(help_text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds both options; `help_text` says what the customer is for."""
    email = click.option("--customer-email", metavar="EMAIL", help=help_text)
    password = click.option(
        "--customer-password-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="The file with the customer's password. Default: ask for the password.",
    )
    return lambda command: email(password(command))


def read_password(email: str, file: Path | None) -> str:
    """Return the password from a file, or ask for it; exit with code 2 if the file is unreadable.

    The line break at the end of the file is not part of the password.
    """
    if file is None:
        return str(click.prompt(f"Password of {email}", hide_input=True, err=True))
    try:
        return file.read_text("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        exit_with_error(f"--customer-password-file: {file} is not UTF-8 text.")
    except OSError as error:
        exit_with_error(f"--customer-password-file: {file}: {error.strerror}.")
