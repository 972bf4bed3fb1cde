"""Examinations of the stand-in shop, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from handoff_sandbox.shop import Shop

from handoff.deadline import Deadline
from handoff.doctor import Case, CustomerLogin, Finding, Reading, Report, examine
from handoff.doctor.traces import Traces
from handoff.settings import load_settings
from tests.conftest import STORE
from tests.doctor.ailing import Ailment, ailing_shop

SHOPPER = CustomerLogin("shopper@example.com", "Shopper123!")


def settings_of(url: str, sessions: Path) -> dict[str, Any]:
    """Return settings with which all is well."""
    return {
        "public_url": url,
        "magento_url": url,
        "api_keys": ("a-key-of-the-tests-of-doctor",),
        "secret_key": "it-signs-the-links-of-the-tests-and-is-long",
        "session_store": sessions.as_uri(),
        "database_url": f"sqlite:///{sessions.parent / 'handoff.db'}",
        "magento_admin_username": "admin",
        "magento_admin_password": "Admin123!",
        "stores": (STORE,),
    }


@dataclass(frozen=True, slots=True)
class Examined:
    """What came of an examination, and the shop that it was of."""

    report: Report
    shop: Shop
    sessions: Path

    def finding(self, name: str) -> Finding:
        """Return the finding with a name."""
        [found] = [one for one in self.report.findings if one.name == name]
        return found

    def named(self, verdict: str) -> list[str]:
        """Return the names of the findings with a verdict."""
        return [one.name for one in self.report.findings if one.verdict == verdict]


Examine = Callable[..., Examined]


@pytest.fixture
def examined(tmp_path: Path) -> Iterator[Examine]:
    """Examine the demo's shop with ailments; keyword arguments are settings."""
    with ExitStack() as stack:

        def run(*ailments: Ailment, parts: tuple[str, ...] = ("way-in",), **given: Any) -> Examined:
            sessions = tmp_path / "sessions"
            url, shop = stack.enter_context(ailing_shop(sessions, *ailments))
            seconds = given.pop("seconds", 60)
            settings = load_settings(**{**settings_of(url, sessions), **given})
            case = Case(
                Reading(settings), until=Deadline.after(seconds), traces=Traces(), login=SHOPPER
            )
            return Examined(examine(case, parts=parts), shop, sessions)

        yield run
