"""All findings of one examination, and the same for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handoff.doctor.finding import Finding, Lack, Verdict, worst


@dataclass(frozen=True, slots=True)
class Section:
    """What belongs together; in the part `data` that is a feature of the app."""

    title: str
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of its findings."""
        return worst(finding.verdict for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Part:
    """One of the three parts of an examination: the way in, access, data."""

    code: str
    title: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What an examination has found out. `left` says what it has left behind in the shop."""

    shop: str
    service: str
    began: datetime
    seconds: float
    parts: tuple[Part, ...]
    left: tuple[str, ...]

    @property
    def findings(self) -> Iterator[Finding]:
        """Every finding, in the order in which it was looked for."""
        return (
            finding
            for part in self.parts
            for section in part.sections
            for finding in section.findings
        )

    @property
    def to_do(self) -> list[Finding]:
        """What somebody should do something about, faults first."""
        found = [finding for finding in self.findings if finding.verdict.is_finding]
        return sorted(found, key=lambda finding: -finding.verdict.badness)

    @property
    def verdict(self) -> Verdict:
        """The worst of all findings."""
        return worst(finding.verdict for finding in self.findings)

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many findings there are of each verdict."""
        counted = Counter(finding.verdict for finding in self.findings)
        return {verdict: counted[verdict] for verdict in Verdict}

    @property
    def nothing_seen(self) -> bool:
        """Whether every single thing is unknown."""
        return self.verdict is Verdict.UNKNOWN and not self.counts[Verdict.OK]

    @property
    def to_mend(self) -> dict[str, list[str]]:
        """What is missing, by sku or category, each thing once."""
        lacks: dict[str, dict[str, None]] = {}
        for lack in self._lacks():
            lacks.setdefault(lack.of, {})[lack.what] = None
        return {of: list(whats) for of, whats in sorted(lacks.items())}

    def _lacks(self) -> Iterator[Lack]:
        return (lack for finding in self.findings for lack in finding.lacks)

    def as_json(self) -> dict[str, Any]:
        """Return one document for machines; names and codes in it stay as they are."""
        return {
            "shop": self.shop,
            "service": self.service,
            "began": self.began.isoformat(timespec="seconds"),
            "seconds": round(self.seconds, 1),
            "verdict": self.verdict.value,
            "counts": {verdict.value: count for verdict, count in self.counts.items()},
            "parts": {
                part.code: [
                    {
                        "title": section.title,
                        "verdict": section.verdict.value,
                        "findings": [finding.as_json() for finding in section.findings],
                    }
                    for section in part.sections
                ]
                for part in self.parts
            },
            "to_mend": self.to_mend,
            "left_behind": list(self.left),
        }
