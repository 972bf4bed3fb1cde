"""The charts of how far handoffs got: shapes for SVG, because the policy allows no inline style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from handoff.ledger.stage_counts import StageCounts

STAGES = ("issued", "opened", "session_written", "ordered")
LABELS = {
    "issued": "Links given out",
    "opened": "Opened",
    "session_written": "In checkout",
    "ordered": "Ordered",
}

CHART_WIDTH, CHART_HEIGHT = 720, 180
_ROUND_FACTORS = (10, 12, 16, 20, 30, 40, 60, 80, 100)
_SLOT_SHARE = 0.72  # of the width of a day, which its bars fill
_DRAWN = ("issued", "opened", "ordered")  # a session is written when a link is opened


@dataclass(frozen=True, slots=True)
class StageShare:
    """A stage with its count, and its share of all handoffs in percent."""

    code: str
    label: str
    count: int
    percent: int


@dataclass(frozen=True, slots=True)
class ChartBar:
    """A bar of the chart in its own units, with the stage that it stands for."""

    stage: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class FunnelChart:
    """The bars of each day, and the number at the top of the chart."""

    bars: list[ChartBar]
    top: int


def list_stage_shares(counts: StageCounts) -> list[StageShare]:
    """Return the stages of a period, the widest first."""
    return [
        StageShare(code, LABELS[code], count, round(100 * count / max(1, counts.issued)))
        for code, count in zip(STAGES, counts.stages, strict=True)
    ]


def build_funnel_chart(days: Sequence[StageCounts]) -> FunnelChart:
    """Return the chart of some days. A bar covers a part of the bar of the stage before."""
    top = _choose_top(max(day.issued for day in days))
    slot = CHART_WIDTH / len(days)
    width = round(slot * _SLOT_SHARE, 2)
    bars = []
    for index, day in enumerate(days):
        for stage in _DRAWN:
            height = round(getattr(day, stage) / top * CHART_HEIGHT, 2)
            x = round(index * slot + (slot - width) / 2, 2)
            bars.append(ChartBar(stage, x, round(CHART_HEIGHT - height, 2), width, height))
    return FunnelChart([bar for bar in bars if bar.height], top)


def format_day(milliseconds: int) -> str:
    """Return a day as `27 Nov`."""
    day = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{day.day} {day:%b}"


def _choose_top(highest: int) -> int:
    """Return a round even number that is not less than the highest bar."""
    step = int(10 ** max(0, len(str(highest)) - 2))
    tops = (2 * step, 4 * step, 6 * step, *(factor * step for factor in _ROUND_FACTORS))
    return next(top for top in tops if top >= highest)
