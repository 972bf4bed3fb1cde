"""The result of a check: its severity, the finding, and the advice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from handoff.console_table import format_count


class Severity(StrEnum):
    """How a check ended, in ascending order. UNKNOWN means that nothing could be checked."""

    OK = "ok"
    UNKNOWN = "unknown"
    WARNING = "warning"
    FAULT = "fault"

    @property
    def rank(self) -> int:
        """The position in the order of severity."""
        return list(Severity).index(self)

    @property
    def is_action_needed(self) -> bool:
        """Whether somebody should do something about it."""
        return self in (Severity.WARNING, Severity.FAULT)

    def format_count(self, count: int) -> str:
        """Return a number of results with this severity as text, such as `2 warnings`."""
        return format_count(count, self.value) if self.is_action_needed else f"{count} {self.value}"


@dataclass(frozen=True, slots=True)
class MissingData:
    """Something that a product or category lacks. `owner` is its sku or its name."""

    owner: str
    what: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One result of a check. `seen` and `advice` are sentences that contain no secret.
    In `advice`, a command stands between backticks, and is never broken over two lines.

    A check leaves `name` empty if its result has the name of the check.
    """

    severity: Severity
    seen: str
    advice: str = ""
    name: str = ""
    missing: tuple[MissingData, ...] = ()

    def with_name(self, name: str) -> CheckResult:
        """Return the same result with another name."""
        return replace(self, name=name)

    def as_json(self) -> dict[str, Any]:
        """Return the fields of the JSON report, without the empty ones."""
        fields: dict[str, Any] = {
            "name": self.name,
            "verdict": self.severity.value,
            "seen": self.seen,
            "do": self.advice,
            "lacks": [{"of": item.owner, "what": item.what} for item in self.missing],
        }
        return {name: value for name, value in fields.items() if value}


# Each of these constructors is named after the severity of its result.


def ok(seen: str) -> CheckResult:
    """Return a result: this works."""
    return CheckResult(Severity.OK, seen)


def unknown(seen: str, advice: str = "") -> CheckResult:
    """Return a result: this could not be checked."""
    return CheckResult(Severity.UNKNOWN, seen, advice)


def warning(seen: str, advice: str) -> CheckResult:
    """Return a result: this works, but not as it should."""
    return CheckResult(Severity.WARNING, seen, advice)


def fault(seen: str, advice: str) -> CheckResult:
    """Return a result: this does not work."""
    return CheckResult(Severity.FAULT, seen, advice)


def split_commands(text: str) -> Iterator[tuple[bool, str]]:
    """Yield the parts of a text of advice, each with whether it is a command between backticks."""
    for number, piece in enumerate(text.split("`")):
        is_command = number % 2 == 1
        words = piece.strip() if is_command else piece.lstrip(" .,;").rstrip()
        if words:
            yield is_command, words


def determine_worst_severity(severities: Iterable[Severity]) -> Severity:
    """Return the highest severity, OK if there are none."""
    return max(severities, key=lambda severity: severity.rank, default=Severity.OK)


def report_missing(
    missing: Collection[MissingData],
    total: int,
    advice: str,
    *,
    thing: str = "product",
    severity: Severity = Severity.WARNING,
) -> CheckResult:
    """Return OK if nothing is missing, else `severity` and how many of `total` items lack it."""
    if not total:
        return unknown(f"There is no {thing} to check.")
    without = len({item.owner for item in missing})
    if not without:
        return ok(f"Nothing is missing in {format_count(total, thing)}.")
    seen = f"Missing for {without} of {format_count(total, thing)}."
    return CheckResult(severity, seen, advice, missing=tuple(missing))


def report_unreadable(things: str, answer: str) -> CheckResult:
    """Return the fault that the shop does not list things; `answer` says what it answered."""
    return fault(
        f"The shop does not list its {things}. It answers: {answer}",
        "See the shop's log. If the shop limits page sizes, allow 20: Stores, Configuration, "
        "Services, Magento Web API, Web API Input Limits.",
    )
