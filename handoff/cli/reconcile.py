"""`handoff reconcile`: finds the order of each handoff, and reports where bag and order differ."""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

import click
from rich.progress import Progress

from handoff.cli.command_exit import FINDINGS, exit_on_problem, exit_with_error
from handoff.cli.command_settings import add_env_file_option, load_settings_or_exit
from handoff.cli.open_ledger import open_existing_ledger
from handoff.cli.param_types import TimeParamType, convert_to_ledger_time
from handoff.cli.progress import build_progress_bars
from handoff.cli.reconcile_output import (
    CsvReportWriter,
    JsonReportWriter,
    ReportWriter,
    StateCounts,
    TableReportWriter,
)
from handoff.cli.unreadable_records import UnreadableRecords
from handoff.console_table import format_count
from handoff.deadline import Deadline
from handoff.ledger.database import Clock, Database, read_system_clock
from handoff.ledger.lease_locks import LeaseLost, Leases
from handoff.ledger.models import IssuePeriod
from handoff.ledger.reconciliation_repository import ReconciliationRepository
from handoff.magento.orders import Orders
from handoff.operations.json_logs import configure_logging
from handoff.reconciliation.order_comments import OrderCommenter
from handoff.reconciliation.reconciler import Reconciler
from handoff.reconciliation.reference_csv_reader import (
    AmbiguousColumns,
    NoSuchColumn,
    read_references,
    remove_duplicates,
)
from handoff.reconciliation.report_entry import DISCREPANCIES, ReportEntry, ReportState
from handoff.settings import Settings
from handoff.shop_client_factory import build_login_block, build_magento_client, build_orders_client
from handoff.webhooks.receivers import build_outbox

_WRITERS: dict[str, Callable[..., ReportWriter]] = {
    "table": TableReportWriter,
    "csv": CsvReportWriter,
    "json": JsonReportWriter,
}
# Seconds, extended after each page of handoffs. A killed run blocks the next one until they end.
_LEASE_SECONDS = 120
_NO_PERMISSION = (
    "There is no right to read orders. Set HANDOFF_MAGENTO_ACCESS_TOKEN, or "
    "HANDOFF_MAGENTO_ADMIN_USERNAME and HANDOFF_MAGENTO_ADMIN_PASSWORD, of an integration or an "
    "administrator with Magento_Sales::actions_view; for --annotate also Magento_Sales::comment."
)


_HELP = """\
Find the order of each handoff in the shop, write it into the ledger, and report.

Each reference is in one state: matched; opened, not ordered; never opened; ordered
differently (other items, quantities or another currency than the bag); two orders; unknown
reference.

Without references and period it looks at the handoffs that are due: new ones, and the others
at growing intervals for 30 days, because an order may still come or be cancelled. So it can run
every hour. It reports a handoff again only if its result has changed. With --since it reports on
all handoffs of that period, and with references on those. Then it asks the shop at once about
all of them that may still change. WHEN is how long ago (40m, 12h, 7d, 2w), a date (2026-11-01)
or a time (2026-11-01T12:00, in UTC without a zone).

A CSV file holds its references in the column that --column names, or in the only column whose
heading has the word "reference", or without such a heading in the only column of UUIDs or in the
first column. Columns are separated by commas, semicolons, tabs or bars, or as a first line
such as sep=; says.

--annotate writes "Poq reference: ..." on each order once, as a comment for the shop's staff.

\b
Exit codes:
  0    nothing is wrong
  1    an order differs, or a reference has two orders or is unknown; with references:
       one of them is not matched; the shop refused an annotation; or a record of the ledger
       cannot be read, which is named
  2    it could not run, or not to the end: no right, no shop, no ledger
  130  Ctrl-C; the findings are kept, and the next run continues from there

\b
Examples:
  handoff reconcile --env-file /etc/handoff/handoff.env               for example every hour
  handoff reconcile --since 7d --format csv > week.csv
  handoff reconcile 9f1c2a5e-7d34-4c1b-8f0e-2f6d9f0c1a77
  handoff reconcile --csv orders-of-poq.csv --json
"""


@click.command(help=_HELP)
@click.argument("references", nargs=-1, metavar="[REFERENCE]...")
@click.option("--since", type=TimeParamType(), help="Handoffs made at or after this time.")
@click.option("--until", type=TimeParamType(), help="Handoffs made before this time; default: now.")
@click.option(
    "--csv",
    "file",
    type=click.File("rb"),
    help="References from a CSV file; - reads standard input.",
)
@click.option("--column", help="The heading of the column with the references.")
@click.option("--annotate", is_flag=True, help="Add the reference to each order, as a comment.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(list(_WRITERS)),
    default="table",
    show_default=True,
    help="The format of the report.",
)
@click.option("--json", "in_json", is_flag=True, help="The same as --format json.")
@add_env_file_option
def reconcile(
    references: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    file: BinaryIO | None,
    column: str | None,
    annotate: bool,
    output_format: str,
    in_json: bool,
) -> None:
    """Find the order of each handoff in the shop, write it into the ledger, and report."""
    requested = _collect_references(references, file, column)
    period = _build_period(since, until)
    if requested is not None and period is not None:
        raise click.UsageError("References and a period do not go together.")
    settings = load_settings_or_exit()
    configure_logging("CRITICAL")  # errors are printed as messages instead
    with (
        exit_on_problem(),
        closing(open_existing_ledger(settings)) as database,
        _hold_lease(database) as extend_lease,
    ):
        orders = _build_orders_client_or_exit(settings, database)
        unreadable = UnreadableRecords()
        run = _ReconcileRun(
            ReconciliationRepository(database, build_outbox(settings), unreadable.add),
            orders,
            database.read_time,
            extend_lease,
            requested,
            period,
            annotate,
            unreadable,
        )
        run.reconcile_and_report(_WRITERS["json" if in_json else output_format])
    raise click.exceptions.Exit(FINDINGS if run.has_findings else 0)


@dataclass(slots=True)
class _ReconcileRun:
    """One run. It writes its report and its counts even if it is interrupted.

    It reports on `references` or `period`, or without either on all handoffs that are due.
    """

    repository: ReconciliationRepository
    orders: Orders
    clock: Clock
    extend_lease: Callable[[], None]
    references: list[str] | None
    period: IssuePeriod | None
    annotate: bool
    unreadable: UnreadableRecords
    counts: StateCounts = field(default_factory=Counter)
    checked_count: int = 0
    annotated_count: int = 0
    refused_count: int = 0

    @property
    def has_findings(self) -> bool:
        """Whether somebody should look at the report, or at a record or an annotation."""
        every_state = frozenset(ReportState)
        has_references = self.references is not None
        findings = every_state - {ReportState.MATCHED} if has_references else DISCREPANCIES
        has_faults = bool(self.refused_count or self.unreadable)
        return has_faults or any(self.counts[state] for state in findings)

    def reconcile_and_report(self, build_writer: Callable[..., ReportWriter]) -> None:
        """Record the orders in the ledger, annotate them if asked to, and write the report."""
        lists_all = self.references is not None or self.period is not None
        writer = build_writer(frozenset(ReportState) if lists_all else DISCREPANCIES)
        complete = False
        try:
            with build_progress_bars() as progress:
                for entry in self._reconcile(progress):
                    self.counts[entry.state] += 1
                    writer.add_entry(entry)
                if self.annotate:
                    self._annotate_orders(progress)
            complete = True
        finally:
            writer.finish_report(self.counts, self.unreadable, complete=complete)
            self._print_run_summary(complete)

    def _reconcile(self, progress: Progress) -> Iterator[ReportEntry]:
        task = progress.add_task("asking the shop", total=self._count_handoffs())

        def advance(count: int) -> None:
            self.checked_count += count
            progress.advance(task, count)
            self.extend_lease()

        reconciler = Reconciler(
            self.repository,
            self.orders,
            self.clock,
            request_comments=self.annotate,
            on_progress=advance,
        )
        if self.references is not None:
            return reconciler.reconcile_references(self.references)
        if self.period is not None:
            return reconciler.reconcile_period(self.period)
        return reconciler.reconcile_due()

    def _count_handoffs(self) -> int | None:
        if self.references is not None:
            return None
        if self.period is not None:
            return self.repository.count_handoffs_to_check(self.period)
        return self.repository.count_due_handoffs()

    def _annotate_orders(self, progress: Progress) -> None:
        task = progress.add_task("annotating", total=self.repository.count_comments_due())
        for was_accepted in OrderCommenter(self.repository, self.orders).add_due_comments():
            self.annotated_count += was_accepted
            self.refused_count += not was_accepted
            progress.advance(task)
            self.extend_lease()

    def _print_run_summary(self, complete: bool) -> None:
        text = f"{format_count(self.checked_count, 'open handoff')} checked"
        if self.annotate:
            text += f", {self.annotated_count:,} annotated"
        if self.refused_count:
            text += f", {format_count(self.refused_count, 'annotation')} refused by the shop"
        if self.unreadable:
            text += f", {format_count(len(self.unreadable), 'record')} not readable"
        if not complete:
            text += "; not complete: the findings are kept, the next run continues from there"
        click.echo(f"{text}.", err=True)


def _build_orders_client_or_exit(settings: Settings, database: Database) -> Orders:
    block = build_login_block(settings, database, settings_read_at=time.monotonic())
    orders = build_orders_client(build_magento_client(settings), settings, block)
    if orders is None:
        exit_with_error(_NO_PERMISSION)
    return orders


@contextmanager
def _hold_lease(database: Database) -> Iterator[Callable[[], None]]:
    """Hold the lease for reconciling this ledger, or exit: two runs would annotate orders twice.

    Yields a function that extends the lease.
    """
    leases = Leases(database, seconds=_LEASE_SECONDS)
    with leases.acquire("reconcile", Deadline.after(0)) as lease:
        if lease is None:
            exit_with_error("Another reconcile is running on this ledger.")
        try:
            yield lambda: leases.extend(lease)
        except LeaseLost:
            exit_with_error("Another reconcile has taken over, because this one was too slow.")


def _collect_references(
    arguments: tuple[str, ...], file: BinaryIO | None, column: str | None
) -> list[str] | None:
    """Return the given references, each once, or None if none were given."""
    try:
        "".join(arguments).encode()
    except UnicodeEncodeError:
        raise click.UsageError("A reference is not UTF-8.") from None
    if file is None:
        if column is not None:
            raise click.UsageError("--column goes with --csv.")
        return remove_duplicates(arguments) if arguments else None
    try:
        return remove_duplicates([*arguments, *read_references(file.read(), column=column)])
    except AmbiguousColumns as several:
        columns = ", ".join(several.columns)
        raise click.UsageError(
            f"Several columns may hold the references: {columns}. Name one with --column."
        ) from None
    except NoSuchColumn as missing:
        columns = ", ".join(missing.columns)
        raise click.UsageError(f"The file has no column {column!r}; it has: {columns}.") from None
    except (csv.Error, UnicodeDecodeError):
        raise click.UsageError("The file of references is not CSV in UTF-8 or UTF-16.") from None


def _build_period(since: datetime | None, until: datetime | None) -> IssuePeriod | None:
    if since is None and until is None:
        return None
    start = 0 if since is None else convert_to_ledger_time(since)
    end = read_system_clock() if until is None else convert_to_ledger_time(until)
    if start >= end:
        raise click.UsageError("--since has to be earlier than --until.")
    return IssuePeriod(start, end)
