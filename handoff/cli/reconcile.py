"""`handoff reconcile`: which order each reference led to, and where bag and order disagree."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import TextIO

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from handoff.cli.ending import FINDINGS, ending_in_words, give_up
from handoff.cli.entries import CsvForm, Form, JsonForm, TableForm
from handoff.cli.environment import env_file_option, read_settings
from handoff.cli.ledger import open_existing_ledger
from handoff.cli.moments import Moment, as_ledger_time
from handoff.ledger import Database, Leases, system_clock
from handoff.ledger.reconciliation_repository import IssuePeriod, ReconciliationRepository
from handoff.magento.orders import Orders
from handoff.operations.json_logs import configure_logging
from handoff.reconciliation.order_comments import OrderCommenter
from handoff.reconciliation.reconciler import Reconciler
from handoff.reconciliation.reference_csv import NoSuchColumn, read_references, remove_duplicates
from handoff.reconciliation.report import DISCREPANCIES, ReportEntry, ReportState, ReportSummary
from handoff.services import open_client, open_orders

_FORMS: dict[str, Callable[..., Form]] = {"table": TableForm, "csv": CsvForm, "json": JsonForm}
_NO_RIGHT = (
    "There is no right to read orders. Set HANDOFF_MAGENTO_ACCESS_TOKEN, or "
    "HANDOFF_MAGENTO_ADMIN_USERNAME and HANDOFF_MAGENTO_ADMIN_PASSWORD, of an integration or an "
    "administrator with Magento_Sales::actions_view; for --annotate Magento_Sales::comment too."
)


@click.command()
@click.argument("references", nargs=-1, metavar="[REFERENCE]...")
@click.option("--since", type=Moment(), help="Handoffs made from then on.")
@click.option("--until", type=Moment(), help="Handoffs made before then; without it, till now.")
@click.option(
    "--csv",
    "file",
    type=click.File(encoding="utf-8-sig"),
    help="References from a CSV file; - reads standard input.",
)
@click.option("--column", help="The heading of the column that holds them.")
@click.option("--annotate", is_flag=True, help="Add the reference to each order, as a comment.")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(_FORMS)),
    default="table",
    show_default=True,
    help="How the report is written.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@env_file_option
def reconcile(
    references: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    file: TextIO | None,
    column: str | None,
    annotate: bool,
    form: str,
    as_json: bool,
) -> None:
    """Find the order of each handoff in the shop, write it into the ledger, and report.

    Says of every reference: matched; opened, not ordered; never opened; ordered differently (with
    other items, quantities or currency than the bag); two orders; unknown reference.

    Without references and period it deals with what is due: handoffs that are new, and those
    without an order, at growing distances, for 30 days. So it can run every hour, and asks the
    shop about nothing that is settled. With --since it reports on all handoffs of that time, and
    with references on those, and asks about them at once. WHEN is how long ago (12h, 7d, 2w), a
    date (2026-11-01) or a time (2026-11-01T12:00, UTC unless it says otherwise).

    A CSV file holds its references in the column "reference", in the one that --column names, or
    without a heading in the first. Commas, semicolons or tabs part columns.

    --annotate puts "Poq reference: ..." on the order once, for the shop's own people to see.

    \b
    Exit codes:
      0    nothing is wrong
      1    an order differs, a reference has two or is unknown; of references that were
           given: not all are matched; or the shop refused an annotation
      2    it could not run, or not to its end: no right, no shop, no ledger
      130  Ctrl-C; what was found is kept, and the next run goes on from there

    \b
    Examples:
      handoff reconcile --env-file /etc/handoff.env               every hour, say
      handoff reconcile --since 7d --format csv > week.csv
      handoff reconcile 9f1c2a5e-7d34-4c1b-8f0e-2f6d9f0c1a77
      handoff reconcile --csv orders-of-poq.csv --json
    """
    wanted = _references(references, file, column)
    period = _period(since, until)
    if wanted is not None and period is not None:
        raise click.UsageError("References and a period do not go together.")
    settings = read_settings()
    configure_logging("CRITICAL")  # what goes wrong is said in words
    orders = open_orders(open_client(settings), settings)
    if orders is None:
        give_up(_NO_RIGHT)
    with (
        ending_in_words(),
        closing(open_existing_ledger(settings)) as database,
        _alone(database),
    ):
        run = _Run(database, orders, _FORMS["json" if as_json else form], annotate=annotate)
        findings = run.to_its_end(wanted, period)
    raise click.exceptions.Exit(FINDINGS if findings else 0)


class _Run:
    """One run, which says how far it has come also when it does not come to its end."""

    def __init__(
        self, database: Database, orders: Orders, form: Callable[..., Form], *, annotate: bool
    ) -> None:
        self._clock = database.now
        self._passages = ReconciliationRepository(database)
        self._orders = orders
        self._form = form
        self._annotate = annotate
        self._summary = ReportSummary()
        self._looked_at = self._annotated = self._refused = 0

    def to_its_end(self, references: list[str] | None, period: IssuePeriod | None) -> bool:
        """Report, and return whether there are findings."""
        form = self._form(DISCREPANCIES if references is None else frozenset(ReportState))
        complete = False
        try:
            with _progress() as progress:
                for entry in self._entries(references, period, progress):
                    self._summary.add(entry)
                    form.add(entry)
                if self._annotate:
                    self._put_references_on_orders(progress)
            complete = True
        finally:
            form.end(self._summary, complete=complete)
            self._say_how_far(complete)
        wrong = (
            DISCREPANCIES if references is None else frozenset(ReportState) - {ReportState.MATCHED}
        )
        return bool(self._refused or any(self._summary.counts[state] for state in wrong))

    def _entries(
        self, references: list[str] | None, period: IssuePeriod | None, progress: Progress
    ) -> Iterator[ReportEntry]:
        total = None if references is not None else self._passages.count_due(period)
        task = progress.add_task("asking the shop", total=total)

        def advance(count: int) -> None:
            self._looked_at += count
            progress.advance(task, count)

        reconciler = Reconciler(
            self._passages, self._orders, self._clock, annotate=self._annotate, advance=advance
        )
        if references is not None:
            return reconciler.references(references)
        return reconciler.due() if period is None else reconciler.period(period)

    def _put_references_on_orders(self, progress: Progress) -> None:
        task = progress.add_task("annotating", total=self._passages.count_to_annotate())
        for taken in OrderCommenter(self._passages, self._orders).run():
            self._annotated += taken
            self._refused += not taken
            progress.advance(task)

    def _say_how_far(self, complete: bool) -> None:
        words = f"{self._looked_at:,} open handoffs looked at"
        if self._annotate:
            words += f", {self._annotated:,} annotated"
        if self._refused:
            words += f", {self._refused:,} annotations refused by the shop"
        if not complete:
            words += "; not to the end: what was found is kept, and the next run goes on from there"
        click.echo(f"{words}.", err=True)


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Hold the claim on reconciling this ledger, or end: two at once would annotate twice."""
    with Leases(database).hold("reconcile", give_up=lambda: True) as claim:
        if claim is None:
            give_up("Another reconcile is at work on this ledger.")
        yield


def _references(
    given: tuple[str, ...], file: TextIO | None, column: str | None
) -> list[str] | None:
    """Return all references that were given, each once, or None where none were asked for."""
    if file is None:
        if column is not None:
            raise click.UsageError("--column goes with --csv.")
        return remove_duplicates(given) if given else None
    try:
        return remove_duplicates([*given, *read_references(file, column=column)])
    except NoSuchColumn as missing:
        columns = ", ".join(missing.columns)
        raise click.UsageError(f"The file has no column {column!r}; it has: {columns}.") from None
    except (csv.Error, UnicodeDecodeError):
        raise click.UsageError("The file of references is not CSV in UTF-8.") from None


def _period(since: datetime | None, until: datetime | None) -> IssuePeriod | None:
    if since is None and until is None:
        return None
    first = 0 if since is None else as_ledger_time(since)
    last = system_clock() if until is None else as_ledger_time(until)
    if first >= last:
        raise click.UsageError("--since has to lie before --until.")
    return IssuePeriod(first, last)


def _progress() -> Progress:
    """Return progress bars on the terminal, if standard error is one."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(
        *columns,
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
