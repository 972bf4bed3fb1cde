"""The page of results: what is missed is said, with the limit."""

from __future__ import annotations

from pathlib import Path

from benchmarks.plan import Plan
from benchmarks.report.findings import Figure, Findings, spread
from benchmarks.report.page import page

PLAN = Plan(Path(), rounds=3, seconds=1, memory_requests=0, sizes=(), shop=None)


def written(*figures: Figure) -> str:
    findings = [Findings(figures, "## Details")]
    return page(findings, date="2026-01-02", machine="2 cores", plan=PLAN)


def figure(*, met: bool) -> Figure:
    return Figure(
        name="transfer", aim="0.2", measured="0.19", met=met, beside="0.18", limit="At most 0.5."
    )


def test_every_figure_stands_beside_its_aim() -> None:
    assert "| transfer | 0.2 | 0.19 | yes | 0.18 |" in written(figure(met=True))


def test_a_missed_aim_is_named_with_what_could_be_reached() -> None:
    text = written(figure(met=True), figure(met=False))
    assert text.count("- transfer: 0.19, not 0.2. At most 0.5.") == 1
    assert "| transfer | 0.2 | 0.19 | **no** | 0.18 |" in text


def test_where_no_aim_is_missed_nothing_is_said_of_that() -> None:
    assert "Not reached" not in written(figure(met=True))


def test_the_page_says_when_where_and_how_it_was_measured() -> None:
    text = written()
    assert "2026-01-02. 2 cores." in text
    assert "3 rounds" in text


def test_rounds_are_told_by_their_median_least_and_most() -> None:
    assert spread([0.3, 0.1, 0.2], ".1f") == "0.2 (0.1 to 0.3)"
