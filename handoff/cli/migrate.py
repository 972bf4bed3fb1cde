"""`handoff migrate`: migrates the ledger's tables, and copies a ledger to PostgreSQL."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click
from rich.console import Console
from sqlalchemy.engine import make_url

from handoff.cli.command_exit import exit_on_problem, exit_with_error, exit_with_setting_faults
from handoff.cli.command_settings import add_env_file_option, load_settings_or_exit
from handoff.cli.open_ledger import exit_on_ledger_error
from handoff.console_table import format_count
from handoff.ledger.copy_database import CopyRefused, copy_ledger
from handoff.ledger.database import Database, open_database
from handoff.ledger.migrate import MigrationResult
from handoff.ledger.migrate import migrate as migrate_tables
from handoff.operations.json_logs import configure_logging

_HELP = """\
Bring the tables of the ledger up to date.

"handoff serve" does the same at its start, and any number of hosts may start at once. This
command does it beforehand, for example with another user of the database.

With --from it moves a ledger from SQLite to PostgreSQL. Stop the service first: the file
cannot be written while handoffs are copied, and nobody should write to it afterwards. Then set
HANDOFF_DATABASE_URL for the service and start it. Links that were issued keep working.
Either all handoffs arrive or none: it is one transaction, and Ctrl-C undoes it. The file keeps
its handoffs; its tables are brought up to date.

\b
Exit codes: 0 done; 2 could not run, nothing was moved; 130 Ctrl-C, nothing was moved.

\b
Examples:
  handoff migrate --env-file /etc/handoff/handoff.env
  handoff migrate --from sqlite:////var/lib/handoff/handoff.db --env-file /etc/handoff/handoff.env
"""


@click.command(help=_HELP)
@click.option(
    "--from",
    "source",
    metavar="sqlite:///PATH",
    help="Copy all handoffs of this SQLite ledger into HANDOFF_DATABASE_URL, which holds none.",
)
@add_env_file_option
def migrate(source: str | None) -> None:
    """Migrate the tables of the ledger; with a source, copy its handoffs as well."""
    target_url = load_settings_or_exit().database_url.get_secret_value()
    configure_logging("CRITICAL")  # errors are printed as messages instead
    if source is not None:
        with exit_on_ledger_error("--from"):
            _require_sqlite_to_postgres(source, target_url)
    with exit_on_problem():
        with exit_on_ledger_error():
            target = open_database(target_url)
        with closing(target):
            if source is None:
                with exit_on_ledger_error():
                    result = migrate_tables(target)
                click.echo(_describe_migration(result))
                return
            with closing(open_database(source)) as source_database:
                with exit_on_ledger_error("--from"):
                    migrate_tables(source_database)
                with exit_on_ledger_error():
                    count = _copy_with_progress(source_database, target)
    click.echo(f"{format_count(count, 'handoff')} moved. {source} is no longer the ledger.")


def _require_sqlite_to_postgres(source: str, target_url: str) -> None:
    path = Path(source.removeprefix("sqlite:///"))
    if not source.startswith("sqlite:///") or not path.is_file():
        raise click.UsageError("--from has to name an existing SQLite ledger: sqlite:///path.")
    if make_url(target_url).get_backend_name() != "postgresql":
        exit_with_setting_faults(["HANDOFF_DATABASE_URL: has to be a PostgreSQL for --from."])


def _copy_with_progress(source: Database, target: Database) -> int:
    """Copy the ledger and return the number of its handoffs; exit if the target refuses it."""
    count = 0
    try:
        with Console(stderr=True).status("copying handoffs") as status:
            for count in copy_ledger(source, target):
                status.update(f"{format_count(count, 'handoff')} copied")
    except CopyRefused as refused:
        exit_with_error(f"HANDOFF_DATABASE_URL: {refused} Nothing was moved.")
    return count


def _describe_migration(result: MigrationResult) -> str:
    if result.before == result.after:
        return f"The ledger is up to date: version {result.after}."
    if result.before is None:
        return f"The ledger's tables were created: version {result.after}."
    return f"The ledger was migrated from version {result.before} to {result.after}."
