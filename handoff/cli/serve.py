"""`handoff serve`: runs the service under gunicorn."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from tempfile import mkdtemp

import click

from handoff.cli.command_exit import exit_with_error
from handoff.cli.command_settings import add_env_file_option, load_settings_or_exit
from handoff.cli.open_ledger import open_ledger
from handoff.cli.ops_listen_address import DEFAULT_ADDRESS, choose_ops_listen_address
from handoff.cli.startup_checks import print_startup_report


@click.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, metavar="HOST:PORT")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option(
    "--ops-bind",
    metavar="HOST:PORT",
    help="Where the pages for the support desk answer, if HANDOFF_OPS_PASSWORD is set.  "
    f"[default: {DEFAULT_ADDRESS}]",
)
@add_env_file_option
def serve(bind: str, workers: int, ops_bind: str | None) -> None:
    """Run the service.

    Checks the settings first and names every fault. Then it prints its version, and whether it
    reaches ledger, session store and shop. Put the shop's own proxy in front of it, under a path
    of the shop's host; docs/go-live.md shows how. docs/support-desk.md is about the
    pages at --ops-bind.

    Example: handoff serve --env-file /etc/handoff/handoff.env --bind 127.0.0.1:8000
    """
    from handoff.worker_metrics import FOLDER_PREFIX, FOLDER_VARIABLE

    if not bind.strip() or not bind.isprintable():
        exit_with_error(f"--bind {bind!r} is not HOST:PORT.")
    settings = load_settings_or_exit()
    ops = choose_ops_listen_address(settings, ops_bind, bind)
    with closing(open_ledger(settings)) as database:  # before any worker starts
        print_startup_report(settings, database, bind, ops.bind if ops else None)
    if settings.metrics and FOLDER_VARIABLE not in os.environ:
        os.environ[FOLDER_VARIABLE] = mkdtemp(prefix=FOLDER_PREFIX)  # on_exit() removes it
    command = build_gunicorn_command(bind)
    command += ["--workers", str(workers)]
    if ops is None:
        command.append("handoff.app_factory:create_app()")
    else:
        app = f"handoff.operations.ops_pages.listener_dispatch:create_apps(ops_port={ops.port})"
        command += ["--bind", ops.bind, app]
    os.execv(sys.executable, command)  # noqa: S606 - no shell, and gunicorn takes the signals


def build_gunicorn_command(bind: str) -> list[str]:
    """Return the command that starts gunicorn with the configuration of this package."""
    config = "python:handoff.operations.gunicorn_config"
    return [sys.executable, "-m", "gunicorn", "--config", config, "--bind", bind]
