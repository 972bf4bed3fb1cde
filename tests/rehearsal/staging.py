"""A staging shop with a running service, and `handoff rehearse` as a command of its own."""

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
from tests.talking import environment_for

ADMIN = {
    "HANDOFF_MAGENTO_ADMIN_USERNAME": "admin",
    "HANDOFF_MAGENTO_ADMIN_PASSWORD": "Admin123!",
}


@dataclass(frozen=True, slots=True)
class Ended:
    """A rehearsal that has ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The JSON on standard output."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def failed(self) -> dict[str, Any]:
        """The step that failed."""
        [step] = [one for one in self.document["steps"] if one["verdict"] == "failed"]
        return dict(step)

    def verdicts(self) -> set[str]:
        """Return every verdict that a step has."""
        return {step["verdict"] for step in self.document["steps"]}


@dataclass(frozen=True, slots=True)
class Staging:
    """A shop, a service, and the settings that both of them and the command have."""

    shop: RunningShop
    service: RunningService
    environment: dict[str, str]

    def rehearse(self, *options: str, **changes: str) -> Ended:
        """Run the command to its end; `changes` are settings that only it has."""
        with self.begun(*options, **changes) as process:
            out, err = process.communicate(timeout=120)
        return Ended(process.returncode, out, err)

    def interrupted(self, at: str, *options: str, times: int = 1) -> Ended:
        """Run the command, and press Ctrl-C when it begins a step."""
        with self.begun(*options) as process:
            assert process.stderr is not None
            told = ""
            while at not in told:
                line = process.stderr.readline()
                assert line, told
                told += line
            for _ in range(times):
                process.send_signal(signal.SIGINT)
                time.sleep(0.02)
            out, err = process.communicate(timeout=120)
        return Ended(process.returncode, out, told + err)

    @contextmanager
    def begun(self, *options: str, **changes: str) -> Iterator[subprocess.Popen[str]]:
        """Begin the command."""
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

    def lines_left(self) -> list[str]:
        """Return the skus in all carts of the shop that may still be ordered."""
        quotes = self.shop.inside.quotes.by_number.values()
        return [line.product.sku for quote in quotes if quote.active for line in quote.lines]

    def accounts_left(self) -> list[str]:
        """Return the e-mail addresses of accounts that were made for a rehearsal."""
        known = self.shop.inside.people.customers.by_name
        return [email for email in known if email.startswith("handoff-rehearsal")]


@contextmanager
def staging(shop: RunningShop, folder: Path, **changes: str) -> Iterator[Staging]:
    """Run a service beside a shop; `changes` are settings that only the service has."""
    environment = environment_for(shop, folder, **ADMIN)
    with running_service({**environment, **changes}, folder, workers=1) as service:
        yield Staging(shop, service, environment)
