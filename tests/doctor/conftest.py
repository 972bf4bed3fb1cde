"""Runs of the doctor at the stand-in shop, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from handoff_sandbox.shop import SandboxShop

from handoff.deadline import Deadline
from handoff.doctor.check_context import CheckContext, CustomerCredentials
from handoff.doctor.check_result import CheckResult
from handoff.doctor.checklist import CHECKLIST
from handoff.doctor.checks import ledger
from handoff.doctor.report import DoctorReport
from handoff.doctor.runner import run_check, run_checks
from handoff.settings import check_settings
from tests.conftest import STORE
from tests.doctor.modified_shop import Modification, run_modified_shop

SHOPPER = CustomerCredentials("shopper@example.com", "Shopper123!")


def create_good_settings(url: str, sessions: Path) -> dict[str, Any]:
    """Return settings for a shop at this URL with which all checks succeed."""
    return {
        "public_url": url,
        "magento_url": url,
        "api_keys": ("a-key-of-the-tests-of-doctor",),
        "secret_key": "it-signs-the-links-of-the-tests-and-is-long",
        "session_store": sessions.as_uri(),
        "database_url": f"sqlite:///{sessions.parent / 'handoff.db'}",
        "poq_assets_url": f"{url}/static/sandbox/mark.svg",
        "magento_admin_username": "admin",
        "magento_admin_password": "Admin123!",
        "stores": (STORE,),
    }


def create_context(
    settings: dict[str, Any], *, seconds: float = 60, **options: Any
) -> CheckContext:
    """Return the context of a run with these settings and this time limit."""
    return CheckContext(check_settings(**settings), deadline=Deadline.after(seconds), **options)


def run_checks_named(names: tuple[str, ...], context: CheckContext) -> dict[str, CheckResult]:
    """Run some checks of the checklist and return their results by name."""
    sections = (section for part in CHECKLIST.values() for section in part.values())
    checks = [check for section in sections for check in section if check.name in names]
    assert len(checks) == len(names)
    return {result.name: result for check in checks for result in run_check(check, context)}


@dataclass(frozen=True, slots=True)
class DoctorRun:
    """The report of a run, the shop that was checked, and the folder of its sessions."""

    report: DoctorReport
    shop: SandboxShop
    sessions: Path

    def find(self, name: str) -> CheckResult:
        """Return the result with a name."""
        [found] = [result for result in self.report.results if result.name == name]
        return found

    def names_with(self, severity: str) -> list[str]:
        """Return the names of the results with a severity."""
        return [result.name for result in self.report.results if result.severity == severity]


RunDoctor = Callable[..., DoctorRun]


@pytest.fixture
def run_doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunDoctor]:
    """Return a function that checks the modified shop.

    Its keyword arguments are settings, but `options` are those of the command.
    """
    # The folder of a test may be in memory. A check would warn about a ledger there.
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/sda1 / ext4 rw 0 0\n")
    monkeypatch.setattr(ledger, "_MOUNTS", mounts)
    with ExitStack() as stack:

        def run(
            *modifications: Modification,
            parts: tuple[str, ...] = ("way-in",),
            options: dict[str, Any] | None = None,
            **given: Any,
        ) -> DoctorRun:
            sessions = tmp_path / "sessions"
            url, shop = stack.enter_context(run_modified_shop(sessions, *modifications))
            settings = {**create_good_settings(url, sessions), **given}
            context = create_context(settings, customer=SHOPPER, **(options or {}))
            return DoctorRun(run_checks(context, parts=parts), shop, sessions)

        yield run
