"""The exit codes of the commands, and functions that end a command with a message."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import click

from handoff.problems import Problem

FINDINGS = 1
COULD_NOT_RUN = 2
UNREADABLE_SETTINGS = 78  # EX_CONFIG; the units of systemd do not restart after it
INTERRUPTED = 130  # the code that shells report for a process that Ctrl-C ended


def exit_with_error(message: str) -> NoReturn:
    """Print a message to standard error and exit with code 2."""
    click.echo(message, err=True)
    raise click.exceptions.Exit(COULD_NOT_RUN)


def exit_with_setting_faults(faults: Iterable[str]) -> NoReturn:
    """Print the faults of the settings, one a line, and exit with code 2."""
    exit_with_error("\n  ".join(["The settings cannot be used:", *faults]))


@contextmanager
def exit_on_problem() -> Iterator[None]:
    """Exit with a message and code 2 on a Problem in the block, with code 130 on Ctrl-C."""
    try:
        yield
    except Problem as problem:
        exit_with_error(problem.detail)
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
