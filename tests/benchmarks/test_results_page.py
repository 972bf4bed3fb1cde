"""The page of results names each missed aim with its limit."""

from __future__ import annotations

from pathlib import Path

from benchmarks.options import BenchmarkOptions
from benchmarks.report.findings import Figure, Findings, format_spread
from benchmarks.report.results_page import render_results

OPTIONS = BenchmarkOptions(
    Path(), rounds=3, seconds=1, steady_seconds=1, memory_requests=0, ledger_sizes=()
)


def render(*figures: Figure) -> str:
    findings = [Findings(figures, "## Details")]
    return render_results(findings, date="2026-01-02", machine="2 cores", options=OPTIONS)


def build_figure(*, met: bool) -> Figure:
    return Figure(
        name="transfer", aim="0.2", measured="0.19", met=met, beside="0.18", limit="At most 0.5."
    )


def test_every_figure_is_listed_with_its_aim() -> None:
    assert "| transfer | 0.2 | 0.19 | yes | 0.18 |" in render(build_figure(met=True))


def test_a_missed_aim_is_listed_with_its_limit() -> None:
    text = render(build_figure(met=True), build_figure(met=False))
    assert text.count("- transfer: 0.19, not 0.2. At most 0.5.") == 1
    assert "| transfer | 0.2 | 0.19 | **no** | 0.18 |" in text


def test_the_list_of_missed_aims_is_left_out_if_it_is_empty() -> None:
    assert "missed" not in render(build_figure(met=True))


def test_the_page_has_the_date_the_machine_and_the_number_of_rounds() -> None:
    text = render()
    assert "2026-01-02. 2 cores." in text
    assert "3 rounds" in text


def test_a_spread_has_the_median_the_minimum_and_the_maximum() -> None:
    assert format_spread([0.3, 0.1, 0.2], ".1f") == "0.2 (0.1 to 0.3)"
