"""A staging shop with a running service, and `handoff rehearse` in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.running import RunningService, RunningShop, running_service
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
    service: RunningService
    environment: dict[str, str]

    def rehearse(self, *options: str, **changes: str) -> FinishedRehearsal:
        """Run the command to its end; `changes` are settings for the command alone."""
        with self.running_command(*options, **changes) as process:
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
    def running_command(self, *options: str, **changes: str) -> Iterator[subprocess.Popen[str]]:
        """Run the command as long as the context lasts."""
        command = [sys.executable, "-m", "handoff.cli", "rehearse"]
        if "--staging" not in options:
            command += ["--staging", self.shop.url]
        settings = {"HANDOFF_PUBLIC_URL": self.service.url, **self.environment, **changes}
        process = subprocess.Popen(
            [*command, *options],
            env={"PATH": os.environ["PATH"], "COLUMNS": "200", **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

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
    """Run a service beside a shop; `changes` are settings for the service alone."""
    environment = create_environment(shop, folder, **ADMIN)
    with running_service({**environment, **changes}, folder, workers=1) as service:
        yield StagingShop(shop, service, environment)
