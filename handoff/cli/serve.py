"""`handoff serve`: runs the service under gunicorn, as it ships."""

from __future__ import annotations

import os
import sys
from tempfile import mkdtemp

import click

from handoff.cli.environment import env_file_option, read_settings
from handoff.cli.ledger import open_ledger
from handoff.operations.metrics import DIRECTORY, PREFIX


@click.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, metavar="HOST:PORT")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@env_file_option
def serve(bind: str, workers: int) -> None:
    """Run the service.

    Checks the settings first and names every fault. Put the shop's own proxy before it, under a
    path of the shop's host; the README shows how.

    Example: handoff serve --env-file /etc/handoff.env --bind 127.0.0.1:8000
    """
    settings = read_settings()
    open_ledger(settings).close()  # before any worker starts
    if settings.metrics and DIRECTORY not in os.environ:
        os.environ[DIRECTORY] = mkdtemp(prefix=PREFIX)  # gunicorn removes it when it ends
    application = "handoff.app_factory:create_app()"
    arguments = [*gunicorn_command(bind), "--workers", str(workers), application]
    os.execv(sys.executable, arguments)  # noqa: S606 - no shell, and gunicorn takes the signals


def gunicorn_command(bind: str) -> list[str]:
    """Return how gunicorn is started with the configuration that ships."""
    config = "python:handoff.operations.gunicorn_config"
    return [sys.executable, "-m", "gunicorn", "--config", config, "--bind", bind]
