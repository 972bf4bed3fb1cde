"""`handoff purge`: makes the ledger forget what nobody needs any more."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from datetime import timedelta

import click
from rich.console import Console
from rich.table import Column, Table

from handoff.cli.ending import ending_in_words
from handoff.cli.environment import env_file_option, read_settings
from handoff.cli.ledger import open_existing_ledger
from handoff.cli.moments import Duration, in_milliseconds
from handoff.ledger import system_clock
from handoff.ledger.purge import Purge, PurgeCounts, Purger
from handoff.operations.json_logs import configure_logging


@click.command()
@click.option(
    "--older-than",
    required=True,
    type=Duration(),
    help="Forget bag, customer and web view of handoffs made longer ago: 12h, 90d, 2w, 1y.",
)
@click.option(
    "--keep-references",
    default="2y",
    show_default=True,
    type=Duration(),
    help="How long a reference and its order stay.",
)
@click.option("--unreconciled", is_flag=True, help="Forget what was never reconciled as well.")
@click.option("--dry-run", is_flag=True, help="Only count, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@env_file_option
def purge(
    older_than: timedelta,
    keep_references: timedelta,
    unreconciled: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Forget what the ledger need not know any more. The service may go on meanwhile.

    A handoff made longer ago than --older-than is reduced to its reference, its outcome, the
    numbers of its quote and its order, and the times; one without a reference is deleted. After
    --keep-references the rest is deleted as well. Claims that processes left when they died go.

    What has not been reconciled stays until it is: run "handoff reconcile" before, or give
    --unreconciled where nobody ever does. An opened handoff without an order counts as reconciled
    after 30 days.

    It works in small steps: Ctrl-C leaves the rest for the next run. The file does not become
    smaller; the space in it is used again.

    \b
    Exit codes: 0 done; 1 done, and handoffs stay that are not reconciled; 2 could not run;
    130 Ctrl-C.

    \b
    Examples:
      handoff purge --older-than 90d --env-file /etc/handoff.env      every night, say
      handoff purge --older-than 4w --keep-references 1y --dry-run
    """
    if keep_references < older_than:
        raise click.UsageError("--keep-references cannot be shorter than --older-than.")
    settings = read_settings()
    configure_logging("CRITICAL")  # what goes wrong is said in words
    now = system_clock()
    wanted = Purge(
        reduce_before=now - in_milliseconds(older_than),
        delete_before=now - in_milliseconds(keep_references),
        unreconciled=unreconciled,
    )
    with ending_in_words(), closing(open_existing_ledger(settings)) as database:
        total = PurgeCounts()
        try:
            with Console(stderr=True).status("looking through old handoffs") as status:
                for counts in Purger(database, dry=dry_run).run(wanted):
                    total += counts
                    status.update(f"{total.reduced:,} reduced, {total.deleted:,} deleted")
        finally:
            _report(total, dry=dry_run, as_json=as_json)
    raise click.exceptions.Exit(1 if total.unreconciled else 0)


def _report(counts: PurgeCounts, *, dry: bool, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({**asdict(counts), "dry_run": dry}))
        return
    table = Table("to be forgotten" if dry else "forgotten", Column("rows", justify="right"))
    table.add_row("reduced to reference and order", f"{counts.reduced:,}")
    table.add_row("deleted", f"{counts.deleted:,}")
    table.add_row("claims left behind", f"{counts.claims:,}")
    table.add_row("kept: not reconciled yet", f"{counts.unreconciled:,}")
    Console().print(table)
