"""The `handoff` command."""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click

from handoff import __version__
from handoff.cli.command_exit import exit_with_error

# `handoff --help` prints these texts, so that it imports no command and takes no second.
COMMANDS = {
    "init": "Find out what a shop needs, and write an installation.",
    "serve": "Run the service.",
    "demo": "Run the service with a stand-in shop and a phone, to try it.",
    "doctor": "Check whether the shop is ready.",
    "rehearse": "Do on a staging shop what the app and the shopper do.",
    "deliver": "Post the events of webhooks to their receivers.",
    "find": "Show what has happened to a transfer.",
    "reconcile": "Find the order of each handoff in the shop.",
    "purge": "Remove data that is no longer needed from the ledger.",
    "migrate": "Bring the tables of the ledger up to date.",
}


class LazyGroup(click.Group):
    """Imports the module of a command only when that command is used.

    The modules of all commands take longer to import than a service takes to start.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"handoff.cli.{cmd_name}"), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, or exit with code 2 if there is no space for its output."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
        # Python writes the rest of the output at its end, and would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        exit_with_error(f"{os.strerror(errno.ENOSPC)}.")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="handoff", message="%(prog)s %(version)s")
def main() -> None:
    """Take shoppers from a Poq app into the checkout of a Magento 2 shop."""
    os.umask(0o077)  # for ledger, reports, logs and the demo's files, and for gunicorn
    if sys.stdout is None:  # the caller has closed it
        sys.stdout = Path(os.devnull).open("w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # the terminal may not be UTF-8
