"""The password of a customer, from a file or a prompt."""

from __future__ import annotations

from pathlib import Path

import click

from handoff.cli.exit_codes import exit_with_error


def read_password(email: str, file: Path | None) -> str:
    """Return the password from a file, or ask for it; exit with code 2 if the file is unreadable.

    The end of the line in the file is no part of the password.
    """
    if file is None:
        return str(click.prompt(f"Password of {email}", hide_input=True, err=True))
    try:
        return file.read_text("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        exit_with_error(f"--customer-password-file: {file} is not UTF-8 text.")
    except OSError as error:
        exit_with_error(f"--customer-password-file: {file}: {error.strerror}.")
