"""`handoff doctor`: is this shop ready? A verdict, what was seen, and what to do."""

from __future__ import annotations

import json
import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from handoff.cli.env_file import env_file_option
from handoff.cli.exit_codes import (
    COULD_NOT_RUN,
    FINDINGS,
    INTERRUPTED,
    exit_with_setting_faults,
)
from handoff.deadline import Deadline
from handoff.doctor import PARTS, Case, CustomerLogin, Reading, Report, examine, read_for_doctor
from handoff.doctor.page import page
from handoff.doctor.table import show
from handoff.doctor.traces import Traces
from handoff.settings import SettingsError


@click.command()
@env_file_option
@click.option("--json", "in_json", is_flag=True, help="One JSON document on standard output.")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Also write the report as one page that needs nothing else.",
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(tuple(PARTS)),
    help="Look at this part only; may be given twice.",
)
@click.option(
    "--sample",
    default=20,
    show_default=True,
    type=click.IntRange(1, 500),
    help="How many products to look at.",
)
@click.option("--sku", help="A simple product for the test bag; without, one is looked for.")
@click.option(
    "--customer-email",
    metavar="EMAIL",
    help="Log in this customer, to look at what customers see.",
)
@click.option(
    "--customer-password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Its password's file; without, the password is asked for.",
)
@click.option(
    "--timeout",
    default=120,
    show_default=True,
    type=click.IntRange(5, 3600),
    help="Seconds for everything; what is not reached by then is unknown.",
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
    """Look whether this shop is ready: the way in, access to its API, the app's data.

    Ask it before the first transfer, after a change of the shop, and when something is odd. For
    everything it gives a verdict, what was seen, and what to do.

    It reads. What it has to make to find out whether shoppers get in it takes away again, or it
    goes by itself: guest carts, which it empties, and web sessions of nobody, which end within
    the lifetime of the shop's sessions. It prints no password, token or session id.

    \b
    Exit codes:
      0    all is well
      1    there are warnings or faults
      2    it could not look: settings without which the shop is not to be found
      130  Ctrl-C; what it made is taken away

    \b
    Examples:
      handoff doctor --env-file /etc/handoff.env --html report.html
      handoff doctor --env-file /etc/handoff.env --only way-in --json
    """
    logging.disable()
    reading = _read()
    login = _login(customer_email, customer_password_file)
    case = Case(
        reading,
        until=Deadline.after(timeout),
        traces=Traces(),
        login=login,
        sample_size=sample,
        sku=sku,
    )
    try:
        with _ended_like_by_hand(), _progress() as progress:
            report = examine(case, parts=only or tuple(PARTS), progress=progress)
    except KeyboardInterrupt:
        click.echo("Stopped. What it made is taken away.", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
    _tell(report, in_json=in_json, html=html)
    raise click.exceptions.Exit(_code(report))


def _read() -> Reading:
    try:
        return read_for_doctor()
    except SettingsError as error:
        exit_with_setting_faults(error.faults)


def _login(email: str | None, password_file: Path | None) -> CustomerLogin | None:
    if email is None:
        return None
    if password_file is None:
        return CustomerLogin(email, click.prompt(f"Password of {email}", hide_input=True, err=True))
    return CustomerLogin(email, password_file.read_text("utf-8").rstrip("\r\n"))


def _tell(report: Report, *, in_json: bool, html: Path | None) -> None:
    if html is not None:
        html.write_text(page(report), "utf-8")
    if in_json:
        click.echo(json.dumps(report.as_json(), indent=2, ensure_ascii=False))
    else:
        show(report, Console())


def _code(report: Report) -> int:
    """Return 2 where nothing at all was to be seen, else whether there is something to do."""
    if report.nothing_seen:
        return COULD_NOT_RUN
    return FINDINGS if report.verdict.is_finding else 0


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show on a terminal's standard error what is looked at."""
    columns = (BarColumn(bar_width=24), TextColumn("{task.description}"))
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not sys.stderr.isatty()
    ) as shown:
        task = shown.add_task("", total=None)

        def tell(name: str, done: int, of: int) -> None:
            shown.update(task, description=name, completed=done, total=of)

        yield tell


@contextmanager
def _ended_like_by_hand() -> Iterator[None]:
    """Let SIGTERM end the examination as Ctrl-C does, with everything taken away."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
