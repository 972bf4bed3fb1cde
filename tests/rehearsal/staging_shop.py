"""A staging shop with a running service, and `handoff rehearse`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from handoff.app_factory import create_app
from handoff.settings import load_settings
from tests.command_in_process import run_command
from tests.running_servers import HOST, RunningShop, free_port, serve_in_thread
from tests.service_calls import create_environment

ADMIN = {
    "HANDOFF_MAGENTO_ADMIN_USERNAME": "admin",
    "HANDOFF_MAGENTO_ADMIN_PASSWORD": "Admin123!",
}


@dataclass(frozen=True, slots=True)
class FinishedRehearsal:
    """The exit code and the output of a rehearsal."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """The JSON on standard output."""
        report: dict[str, Any] = json.loads(self.out)
        return report

    @property
    def failed_step(self) -> dict[str, Any]:
        """The step that failed."""
        [failed] = [step for step in self.report["steps"] if step["verdict"] == "failed"]
        return dict(failed)

    @property
    def verdicts(self) -> set[str]:
        """Every verdict that a step has."""
        return {step["verdict"] for step in self.report["steps"]}


@dataclass(frozen=True, slots=True)
class StagingShop:
    """A shop, a service, and the settings of the service and the command."""

    shop: RunningShop
    service_url: str
    environment: dict[str, str]

    def rehearse(self, *options: str, **changes: str) -> FinishedRehearsal:
        """Run the command to its end in this process; `changes` are settings for it alone."""
        ended = run_command(*self._build_arguments(options), **{**self._settings, **changes})
        return FinishedRehearsal(ended.returncode, ended.stdout, ended.stderr)

    def rehearse_as_program(self, *options: str) -> FinishedRehearsal:
        """Run the command to its end in a process of its own."""
        with self.running_command(*options) as process:
            out, err = process.communicate(timeout=120)
        return FinishedRehearsal(process.returncode, out, err)

    def interrupt(self, at: str, *options: str, times: int = 1) -> FinishedRehearsal:
        """Run the command, and press Ctrl-C when it starts the step `at`."""
        with self.running_command(*options) as process:
            assert process.stderr is not None
            progress = ""
            while at not in progress:
                line = process.stderr.readline()
                assert line, progress
                progress += line
            for _ in range(times):
                process.send_signal(signal.SIGINT)
                time.sleep(0.02)
            out, err = process.communicate(timeout=120)
        return FinishedRehearsal(process.returncode, out, progress + err)

    @contextmanager
    def running_command(self, *options: str) -> Iterator[subprocess.Popen[str]]:
        """Run the command in a process of its own as long as the context lasts."""
        process = subprocess.Popen(
            [sys.executable, "-m", "handoff.cli", *self._build_arguments(options)],
            env={"PATH": os.environ["PATH"], "COLUMNS": "200", **self._settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    @property
    def _settings(self) -> dict[str, str]:
        return {"HANDOFF_PUBLIC_URL": self.service_url, **self.environment}

    def _build_arguments(self, options: tuple[str, ...]) -> tuple[str, ...]:
        staging = () if "--staging" in options else ("--staging", self.shop.url)
        return ("rehearse", *staging, *options)

    def list_remaining_skus(self) -> list[str]:
        """Return the skus in all active carts of the shop."""
        quotes = self.shop.state.quotes.by_number.values()
        return [line.product.sku for quote in quotes if quote.active for line in quote.lines]

    def list_remaining_accounts(self) -> list[str]:
        """Return the e-mail addresses of accounts that were created for a rehearsal."""
        customers = self.shop.state.accounts.customers.by_name
        return [email for email in customers if email.startswith("handoff-rehearsal")]


@contextmanager
def running_staging_shop(shop: RunningShop, folder: Path, **changes: str) -> Iterator[StagingShop]:
    """Run a service beside a shop, in this process; `changes` are settings for it alone."""
    port = free_port()
    url = f"http://{HOST}:{port}"
    environment = create_environment(shop, folder, **ADMIN)
    with patch.dict(os.environ, {"HANDOFF_PUBLIC_URL": url, **environment, **changes}):
        app = create_app(load_settings())
    with closing(app.extensions["handoff.objects"].database), serve_in_thread(app, port):
        yield StagingShop(shop, url, environment)
