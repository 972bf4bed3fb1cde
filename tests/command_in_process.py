"""Runs `handoff …` in this process: a process of its own needs a second for its imports."""

from __future__ import annotations

import os
import signal
from subprocess import CompletedProcess
from unittest.mock import patch

from click.testing import CliRunner

from handoff.cli import main
from handoff.operations.json_logs import configure_logging


def run_command(*arguments: str, **environment: str) -> CompletedProcess[str]:
    """Run the command with these environment variables alone.

    What it changes in its process is restored. It must not start the service.
    """
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    umask = os.umask(0o077)
    try:
        with (
            patch.dict(os.environ, {"COLUMNS": "200", **environment}, clear=True),
            patch("os.execv", side_effect=AssertionError("the service would start")),
        ):
            result = CliRunner().invoke(main, arguments)
    finally:
        os.umask(umask)
        configure_logging()
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return CompletedProcess(arguments, result.exit_code, result.stdout, result.stderr)
