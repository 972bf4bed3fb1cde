"""`handoff find`: shows what has happened to a transfer, by anything that leads to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import click
from rich.console import Console

from handoff.cli.command_exit import FINDINGS, exit_on_problem
from handoff.cli.command_settings import add_env_file_option, load_settings_or_exit
from handoff.cli.find_output import print_transfer
from handoff.cli.open_ledger import open_existing_ledger
from handoff.cli.unreadable_records import UnreadableRecords
from handoff.operations.json_logs import configure_logging
from handoff.transfer_search import list_advice_if_nothing_matches, search_transfers

_HELP = """\
Show what has happened to a transfer, as a timeline.

ANYTHING is a reference in any spelling, the number of an order or a quote, the id of a handoff
(the log has it as "handoff") or its beginning, the support code of a shopper's page (7K3M-9QX2,
in any spelling), or a whole link. It may have spaces. Give - to read it from standard input:
a link is a credential, and sudo logs the arguments of commands.

It reads the ledger and does not ask the shop. Its orders are those that "handoff reconcile", the
success page or a shopper who came back has found. It prints no link, and nothing that says who
the customer is.

\b
Exit codes: 0 found; 1 nothing was found, or a record cannot be read; 2 could not run;
130 Ctrl-C.

\b
Examples:
  handoff find 9f1c2a5e-7d34-4c1b-8f0e-2f6d9f0c1a77 --env-file /etc/handoff/handoff.env
  handoff find 000000010 --json
"""


class _FindCommand(click.Command):
    """Takes an argument that begins with one hyphen as text, because an id may begin so."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Move such arguments behind `--`: click would read an `h` in them as the option -h."""
        texts = [arg for arg in args if len(arg) > 2 and arg[0] == "-" and arg[1] != "-"]
        if texts and "--" not in args:
            args = [*(arg for arg in args if arg not in texts), "--", *texts]
        return super().parse_args(ctx, args)


# A message about an unknown option would repeat an id with two hyphens in front.
@click.command(cls=_FindCommand, help=_HELP, context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, required=True, metavar="ANYTHING")
@click.option("--json", "in_json", is_flag=True, help="Report as JSON.")
@add_env_file_option
def find(words: tuple[str, ...], in_json: bool) -> None:
    """Show what has happened to a transfer, by anything that leads to it."""
    settings = load_settings_or_exit()
    configure_logging("CRITICAL")  # errors are printed as messages instead
    with exit_on_problem(), closing(open_existing_ledger(settings)) as database:
        text = _read_standard_input() if words == ("-",) else " ".join(words)
        unreadable = UnreadableRecords()
        transfers = search_transfers(database, settings, text, on_unreadable=unreadable.add)
    if in_json:
        report = {"transfers": transfers, "unreadable": unreadable.as_json()}
        click.echo(json.dumps(report, indent=2))
    elif transfers or not unreadable:
        _print_transfers(transfers, text)
    raise click.exceptions.Exit(0 if transfers and not unreadable else FINDINGS)


def _read_standard_input() -> str:
    with click.open_file("-", errors="replace") as file:
        return str(file.read())


def _print_transfers(transfers: Sequence[dict[str, Any]], text: str) -> None:
    """Print the transfers that a text led to, or advice if there are none."""
    if not transfers:
        click.echo("Nothing in the ledger matches.\n")
        for sentence in list_advice_if_nothing_matches(text):
            click.echo(f"- {sentence}")
    console = Console()
    for transfer in transfers:
        print_transfer(console, transfer)
