"""`handoff migrate`: brings the ledger's tables up to date, and moves a ledger to PostgreSQL."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click
from rich.console import Console
from sqlalchemy.engine import make_url

from handoff.cli.ending import ending_in_words, give_up
from handoff.cli.environment import env_file_option, read_settings, refuse
from handoff.cli.ledger import refused_in_words
from handoff.ledger import Database, MigrationResult, open_database
from handoff.ledger import migrate as bring_up_to_date
from handoff.ledger.copy_database import CopyRefused, copy_ledger
from handoff.operations.json_logs import configure_logging


@click.command()
@click.option(
    "--from",
    "source",
    metavar="sqlite:///PATH",
    help="Move all handoffs of this SQLite ledger into HANDOFF_DATABASE_URL, which holds none.",
)
@env_file_option
def migrate(source: str | None) -> None:
    """Bring the tables of the ledger up to date.

    "handoff serve" does the same at its start, and any number of hosts may start at once. This is
    for who wants to do it before, with another user of the database, say.

    With --from it moves a ledger from SQLite to PostgreSQL. End the service first: while rows are
    copied the file cannot be written, and afterwards nobody should. Then set HANDOFF_DATABASE_URL
    for the service and start it. Links that were given live on. All rows arrive, or none: it is
    one transaction, and Ctrl-C undoes it. The file stays as it is, brought up to date.

    \b
    Exit codes: 0 done; 2 could not run, and nothing was moved; 130 Ctrl-C, nothing was moved.

    \b
    Examples:
      handoff migrate --env-file /etc/handoff.env
      handoff migrate --from sqlite:////var/lib/handoff/handoff.db --env-file /etc/handoff.env
    """
    address = read_settings().database_url.get_secret_value()
    configure_logging("CRITICAL")  # what goes wrong is said in words
    if source is not None:
        _refuse_unless_movable(source, address)
    with ending_in_words():
        with refused_in_words():
            database = open_database(address)
        with closing(database):
            if source is None:
                with refused_in_words():
                    click.echo(_told(bring_up_to_date(database)))
                return
            with closing(open_database(source)) as ledger:
                moved = _move(ledger, database)
    click.echo(f"{moved:,} handoffs moved. {source} is no longer the ledger.")


def _refuse_unless_movable(source: str, target: str) -> None:
    path = Path(source.removeprefix("sqlite:///"))
    if not source.startswith("sqlite:///") or not path.is_file():
        raise click.UsageError("--from has to name a SQLite ledger that is there: sqlite:///path.")
    if make_url(target).get_backend_name() != "postgresql":
        refuse(["HANDOFF_DATABASE_URL: has to be a PostgreSQL for a ledger to be moved there."])


def _move(source: Database, target: Database) -> int:
    moved = 0
    try:
        with Console(stderr=True).status("moving handoffs") as status:
            for moved in copy_ledger(source, target):
                status.update(f"{moved:,} handoffs copied")
    except CopyRefused as reason:
        give_up(f"HANDOFF_DATABASE_URL: {reason.words} Nothing was moved.")
    return moved


def _told(done: MigrationResult) -> str:
    if done.before == done.after:
        return f"The ledger is up to date: version {done.after}."
    if done.before is None:
        return f"The ledger's tables were made: version {done.after}."
    return f"The ledger was brought from version {done.before} to {done.after}."
