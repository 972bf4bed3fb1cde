"""The report of a doctor run: all check results by part and section, and its JSON form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from handoff.console_table import format_count
from handoff.doctor.check_result import CheckResult, Severity, determine_worst_severity


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """The results of a run, by code of the part and by section.

    In the part `data` a section is a feature of the app. `leftovers` names the data that stays in
    the shop.
    """

    shop: str
    service: str
    version: str
    started_at: datetime
    seconds: float
    parts: dict[str, dict[str, list[CheckResult]]]
    leftovers: tuple[str, ...]

    @property
    def results(self) -> Iterator[CheckResult]:
        """Every result, in the order of the checks."""
        sections = (results for part in self.parts.values() for results in part.values())
        return chain.from_iterable(sections)

    @property
    def results_to_act_on(self) -> list[CheckResult]:
        """The warnings and faults, faults first."""
        found = [result for result in self.results if result.severity.is_action_needed]
        return sorted(found, key=lambda result: -result.severity.rank)

    @property
    def severity(self) -> Severity:
        """The worst severity of all results."""
        return determine_worst_severity(result.severity for result in self.results)

    @property
    def verdict(self) -> str:
        """A sentence that says whether shoppers reach checkout, and how many faults there are."""
        faults = format_count(self.counts[Severity.FAULT], "fault")
        warnings = format_count(self.counts[Severity.WARNING], "warning")
        if self.is_all_unknown:
            return "Nothing could be checked."
        if self.counts[Severity.FAULT]:
            return f"This shop is not ready: {faults} to correct."
        if self.counts[Severity.WARNING]:
            return f"This shop is ready, with {warnings}."
        return "This shop is ready: nothing that was checked is wrong."

    @property
    def counts(self) -> dict[Severity, int]:
        """The number of results of each severity."""
        counted = Counter(result.severity for result in self.results)
        return {severity: counted[severity] for severity in Severity}

    @property
    def is_all_unknown(self) -> bool:
        """Whether nothing at all could be checked."""
        return self.severity is Severity.UNKNOWN and not self.counts[Severity.OK]

    @property
    def missing_by_owner(self) -> dict[str, list[str]]:
        """The missing data of products and categories, by sku or name, each once."""
        by_owner: dict[str, dict[str, None]] = {}
        for result in self.results:
            for item in result.missing:
                by_owner.setdefault(item.owner, {})[item.what] = None
        return {owner: list(items) for owner, items in sorted(by_owner.items())}

    def as_json(self) -> dict[str, Any]:
        """Return the JSON document of `--json`; its field names never change."""
        return {
            "shop": self.shop,
            "service": self.service,
            "version": self.version,
            "began": self.started_at.isoformat(timespec="seconds"),
            "seconds": round(self.seconds, 1),
            "verdict": self.severity.value,
            "counts": {severity.value: count for severity, count in self.counts.items()},
            "parts": {
                code: [_build_section_json(title, results) for title, results in sections.items()]
                for code, sections in self.parts.items()
            },
            "to_mend": self.missing_by_owner,
            "left_behind": list(self.leftovers),
        }


def _build_section_json(title: str, results: list[CheckResult]) -> dict[str, Any]:
    worst = determine_worst_severity(result.severity for result in results)
    findings = [result.as_json() for result in results]
    return {"title": title, "verdict": worst.value, "findings": findings}
