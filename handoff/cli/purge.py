"""`handoff purge`: removes data that is no longer needed from the ledger."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta

import click
from rich.console import Console
from rich.table import Column

from handoff.cli.command_exit import FINDINGS, exit_on_problem
from handoff.cli.command_settings import add_env_file_option, load_settings_or_exit
from handoff.cli.open_ledger import open_existing_ledger
from handoff.cli.param_types import DurationParamType, convert_to_milliseconds
from handoff.cli.unreadable_records import UnreadableRecords
from handoff.console_table import build_console_table
from handoff.ledger.database import read_system_clock
from handoff.ledger.purge import PurgeCounts, Purger, PurgeRequest
from handoff.operations.json_logs import configure_logging

_HELP = """\
Remove data that is no longer needed from the ledger. The service may keep running.

A handoff older than --older-than is reduced to its reference, its outcome, the numbers of its
quote and its order, and the times. One without a reference is deleted. After
--keep-references the rest is deleted as well. Leases of processes that died are deleted, and
so are transfers that were refused more than 30 days ago. Events of webhooks are deleted 7 days
after they were delivered, or 30 days after they were written if no receiver has accepted them.

A handoff that is not reconciled stays until it is: run "handoff reconcile" first, or give
--unreconciled if this shop never does. An opened handoff without an order counts as reconciled
after 30 days. A handoff that cannot be read is named and stays; --unreconciled deletes it.

It works in small steps: Ctrl-C leaves the rest for the next run. A SQLite file does not
shrink; the space in it is used again.

\b
Exit codes: 0 done; 1 done, but handoffs stay that are not reconciled or cannot be read;
2 could not run; 130 Ctrl-C.

\b
Examples:
  handoff purge --older-than 90d --env-file /etc/handoff/handoff.env      for example every night
  handoff purge --older-than 4w --keep-references 1y --dry-run
"""


@click.command(help=_HELP)
@click.option(
    "--older-than",
    required=True,
    type=DurationParamType(),
    help="Remove bag, customer and web view of handoffs older than this: 12h, 90d, 2w, 1y.",
)
@click.option(
    "--keep-references",
    default="2y",
    show_default=True,
    type=DurationParamType(),
    help="How long a reference and its order stay.",
)
@click.option("--unreconciled", is_flag=True, help="Include handoffs that were never reconciled.")
@click.option("--dry-run", is_flag=True, help="Only count, and change nothing.")
@click.option("--json", "in_json", is_flag=True, help="Report as JSON.")
@add_env_file_option
def purge(
    older_than: timedelta,
    keep_references: timedelta,
    unreconciled: bool,
    dry_run: bool,
    in_json: bool,
) -> None:
    """Remove data that is no longer needed from the ledger."""
    if keep_references < older_than:
        raise click.UsageError("--keep-references cannot be shorter than --older-than.")
    settings = load_settings_or_exit()
    configure_logging("CRITICAL")  # errors are printed as messages instead
    now = read_system_clock()
    request = PurgeRequest(
        anonymise_before=now - convert_to_milliseconds(older_than),
        delete_before=now - convert_to_milliseconds(keep_references),
        include_unreconciled=unreconciled,
    )
    unreadable = UnreadableRecords()
    with exit_on_problem(), closing(open_existing_ledger(settings)) as database:
        total = PurgeCounts()
        purger = Purger(database, dry_run=dry_run, on_unreadable=unreadable.add)
        try:
            with Console(stderr=True).status("looking for old handoffs") as status:
                for counts in purger.purge(request):
                    total += counts
                    status.update(
                        f"{total.anonymised_count:,} reduced, {total.deleted_count:,} deleted"
                    )
        finally:
            _print_counts(total, dry_run=dry_run, in_json=in_json)
    has_findings = total.unreconciled_count or total.unreadable_count
    raise click.exceptions.Exit(FINDINGS if has_findings else 0)


def _print_counts(counts: PurgeCounts, *, dry_run: bool, in_json: bool) -> None:
    if in_json:
        fields = {
            "reduced": counts.anonymised_count,
            "deleted": counts.deleted_count,
            "unreconciled": counts.unreconciled_count,
            "unreadable": counts.unreadable_count,
            "claims": counts.lease_count,
            "refusals": counts.refusal_count,
            "webhook_events": counts.event_count,
            "dry_run": dry_run,
        }
        click.echo(json.dumps(fields))
        return
    heading = "would be removed" if dry_run else "removed"
    table = build_console_table(heading, Column("number", justify="right"))
    table.add_row("reduced to reference and order", f"{counts.anonymised_count:,}")
    table.add_row("deleted", f"{counts.deleted_count:,}")
    table.add_row("leases of dead processes", f"{counts.lease_count:,}")
    table.add_row("refused transfers", f"{counts.refusal_count:,}")
    table.add_row("events of webhooks", f"{counts.event_count:,}")
    table.add_row("kept: not reconciled yet", f"{counts.unreconciled_count:,}")
    table.add_row("kept: cannot be read", f"{counts.unreadable_count:,}")
    Console().print(table)
