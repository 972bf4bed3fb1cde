"""`handoff doctor`: check whether the shop is ready, and print a report."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from handoff.cli.command_exit import (
    COULD_NOT_RUN,
    FINDINGS,
    INTERRUPTED,
    exit_with_error,
    exit_with_setting_faults,
)
from handoff.cli.command_settings import add_env_file_option
from handoff.cli.customer_options import add_customer_options, read_password
from handoff.cli.progress import build_progress_bars
from handoff.cli.stop_signals import call_on_stop_signals, raise_keyboard_interrupt
from handoff.deadline import Deadline
from handoff.doctor.check_context import CheckContext, CustomerCredentials
from handoff.doctor.checklist import CHECKLIST
from handoff.doctor.console_report import print_report
from handoff.doctor.html_report import render_html_report
from handoff.doctor.report import DoctorReport
from handoff.doctor.runner import run_checks
from handoff.operations.json_logs import configure_logging
from handoff.settings import CheckedSettings, check_settings

# Without these settings there is no shop to check.
_REQUIRED_FIELDS = {"public_url", "magento_url", "storefront_url", "session_store", "stores"}


_HELP = """\
Check whether this shop is ready: the way into checkout, its API, the app's data.

Run it before the first transfer, after a change of the shop, and whenever something is wrong.
Every result has a finding and, if something is wrong, advice.

To find out whether shoppers get into checkout, it creates guest carts, which it empties, and
web sessions, which it deletes or which expire within the shop's session lifetime. It prints
no password, token or session id.

\b
Exit codes:
  0    all is well
  1    there are warnings or faults
  2    it could not run: with these settings the shop cannot be found; or the file of --html
       cannot be written
  130  Ctrl-C; its test carts and sessions are removed

\b
Examples:
  handoff doctor --env-file /etc/handoff/handoff.env --html report.html
  handoff doctor --env-file /etc/handoff/handoff.env --only way-in --json
"""


def _require_writable_folder(
    _context: click.Context, _parameter: click.Parameter, file: Path | None
) -> Path | None:
    """Refuse a file that cannot be made, before all checks; click tests a file that exists."""
    if file and not os.access(file, os.F_OK) and not os.access(file.parent, os.W_OK):
        raise click.BadParameter(f"{file} cannot be made in this folder.")
    return file


@click.command(help=_HELP)
@add_env_file_option
@click.option("--json", "in_json", is_flag=True, help="Print one JSON document.")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    callback=_require_writable_folder,
    help="Also write the report to this file, as one HTML page that loads nothing.",
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(tuple(CHECKLIST)),
    help="Run the checks of this part only; can be repeated.",
)
@click.option(
    "--sample",
    default=20,
    show_default=True,
    type=click.IntRange(1, 500),
    help="How many products to check.",
)
@click.option("--sku", help="A simple product for the test bag; by default one is searched for.")
@add_customer_options("Log in this customer, to check what customers see.")
@click.option(
    "--timeout",
    default=120,
    show_default=True,
    type=click.IntRange(5, 3600),
    help="Seconds for all checks; a check that is not done by then is a warning.",
)
def doctor(
    in_json: bool,
    html: Path | None,
    only: tuple[str, ...],
    sample: int,
    sku: str | None,
    customer_email: str | None,
    customer_password_file: Path | None,
    timeout: int,
) -> None:
    """Check whether this shop is ready: the way into checkout, its API, the app's data."""
    configure_logging("CRITICAL")  # errors are results of the report instead
    context = CheckContext(
        _check_settings(),
        deadline=Deadline.after(timeout),
        customer=_read_customer(customer_email, customer_password_file),
        sample_size=sample,
        sku=sku,
    )
    try:
        with call_on_stop_signals(raise_keyboard_interrupt), build_progress_bars() as progress:
            report = _run_checks(context, only or tuple(CHECKLIST), progress)
    except KeyboardInterrupt:
        with call_on_stop_signals(lambda: None):
            # A second Ctrl-C may have interrupted the first cleanup.
            context.shop.undo_stack.undo_all()
        click.echo("Stopped. Its test carts and sessions are removed.", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
    _write_report(report, in_json=in_json, html=html)
    raise click.exceptions.Exit(_get_exit_code(report))


def _check_settings() -> CheckedSettings:
    """Return the settings with their faults, or exit with code 2 if they name no shop."""
    checked = check_settings()
    if checked.invalid_fields & _REQUIRED_FIELDS:
        exit_with_setting_faults(checked.faults)
    return checked


def _read_customer(email: str | None, password_file: Path | None) -> CustomerCredentials | None:
    if email is None:
        return None
    return CustomerCredentials(email, read_password(email, password_file))


def _run_checks(context: CheckContext, parts: tuple[str, ...], progress: Progress) -> DoctorReport:
    task = progress.add_task("", total=None)

    def report_progress(name: str, done: int, total: int) -> None:
        progress.update(task, description=name, completed=done, total=total)

    return run_checks(context, parts=parts, report_progress=report_progress)


def _write_report(report: DoctorReport, *, in_json: bool, html: Path | None) -> None:
    if in_json:
        click.echo(json.dumps(report.as_json(), indent=2, ensure_ascii=False))
    else:
        print_report(report, Console())
    if html is not None:
        try:
            html.write_text(render_html_report(report), "utf-8")
        except OSError as error:
            exit_with_error(f"--html: {html} cannot be written: {error.strerror}.")


def _get_exit_code(report: DoctorReport) -> int:
    """Return 2 if nothing could be checked, 1 if something needs action, else 0."""
    if report.is_all_unknown:
        return COULD_NOT_RUN
    return FINDINGS if report.severity.is_action_needed else 0
