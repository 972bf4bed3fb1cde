"""The result that all checks of the catalogue give: how many items lack something, and which."""

from __future__ import annotations

from collections.abc import Collection

from handoff.doctor.check_result import CheckResult, MissingData, Severity, ok, unknown


def report_missing(
    name: str,
    missing: Collection[MissingData],
    total: int,
    *,
    things: str = "products",
    severity: Severity = Severity.WARNING,
    advice: str,
) -> CheckResult:
    """Return OK if nothing is missing, else `severity` and how many of `total` items lack it."""
    if not total:
        return unknown(f"There are no {things} to check.", name=name)
    without = len({item.owner for item in missing})
    if not without:
        return ok(f"All {total} {things} that were checked.", name=name)
    seen = f"{total - without} of {total} {things}; {without} without."
    return CheckResult(severity, seen, advice, name, tuple(missing))
