"""What a check returns: a verdict, what was seen, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """How a check ended; the later one here is the worse, and unknown is no finding."""

    OK = "ok"
    UNKNOWN = "unknown"
    WARNING = "warning"
    FAULT = "fault"

    @property
    def badness(self) -> int:
        """A number that is higher for what is worse."""
        return list(Verdict).index(self)

    def counted(self, count: int) -> str:
        """Return the verdict in words for so many."""
        plural = "s" if count != 1 and self.is_finding else ""
        return f"{count} {self.value}{plural}"

    @property
    def is_finding(self) -> bool:
        """Whether somebody should do something about it."""
        return self in (Verdict.WARNING, Verdict.FAULT)


@dataclass(frozen=True, slots=True)
class Lack:
    """What one product or category lacks, for the person who must mend it."""

    of: str
    what: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `seen` and `advice` are sentences without any secret."""

    name: str
    verdict: Verdict
    seen: str
    advice: str = ""
    lacks: tuple[Lack, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the finding for machines, without what is empty."""
        fields: dict[str, Any] = {
            "name": self.name,
            "verdict": self.verdict.value,
            "seen": self.seen,
            "do": self.advice,
            "lacks": [{"of": lack.of, "what": lack.what} for lack in self.lacks],
        }
        return {name: value for name, value in fields.items() if value}


def ok(name: str, seen: str) -> Finding:
    """Return that all is well."""
    return Finding(name, Verdict.OK, seen)


def unknown(name: str, seen: str, advice: str = "") -> Finding:
    """Return that this could not be found out."""
    return Finding(name, Verdict.UNKNOWN, seen, advice)


def warning(name: str, seen: str, advice: str, lacks: Iterable[Lack] = ()) -> Finding:
    """Return that it works, and not as it should."""
    return Finding(name, Verdict.WARNING, seen, advice, tuple(lacks))


def fault(name: str, seen: str, advice: str, lacks: Iterable[Lack] = ()) -> Finding:
    """Return that it does not work."""
    return Finding(name, Verdict.FAULT, seen, advice, tuple(lacks))


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of the verdicts, ok where there are none."""
    return max(verdicts, key=lambda verdict: verdict.badness, default=Verdict.OK)
