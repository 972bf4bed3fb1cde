"""The documentation names what the code has: settings, codes, pages, events, metrics, commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from handoff import problems
from handoff.cli import COMMANDS
from handoff.entry import result_pages
from handoff.ledger.migrate import get_newest_schema_version
from handoff.magento.line_refusals import REFUSAL_TEXTS
from handoff.problems import Problem
from handoff.reconciliation.report_entry import ReportState
from handoff.settings import PREFIX, Settings
from handoff.settings.group import SettingsGroup
from handoff.settings.reference_page import read_field_texts, render_page
from handoff.transfer.request_parser import ERROR_CODES
from tests.conftest import MakeApp

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
ALL_PAGES = [ROOT / "README.md", *PAGES]
ALL_TEXT = "\n".join(page.read_text("utf-8") for page in ALL_PAGES)
MODULES = sorted((ROOT / "handoff").rglob("*.py"))


def read(page: str) -> str:
    return (DOCS / page).read_text("utf-8")


def list_first_cells(page: str, heading: str) -> list[str]:
    """Return the code words in the first cells of the table below a heading."""
    section = read(page).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE)


def list_problems() -> list[type[Problem]]:
    found = [cls for cls in vars(problems).values() if isinstance(cls, type)]
    return [cls for cls in found if issubclass(cls, Problem) and cls is not Problem]


@pytest.mark.parametrize("name", [f"{PREFIX}{field.upper()}" for field in Settings.model_fields])
def test_the_example_of_an_env_file_names_every_setting(name: str) -> None:
    assert name in (ROOT / ".env.example").read_text("utf-8")


def test_the_page_of_settings_is_the_one_that_the_code_makes() -> None:
    assert (ROOT / "docs" / "settings.md").read_text("utf-8") == render_page()


def test_every_setting_is_in_one_group_and_has_a_description() -> None:
    groups = [base for base in Settings.__bases__ if issubclass(base, SettingsGroup)]
    texts = [text for group in groups for text in read_field_texts(group).items()]
    assert sorted(name for name, _ in texts) == sorted(Settings.model_fields)
    assert [name for name, text in texts if not text.strip()] == []


def test_every_shown_version_of_the_ledger_is_the_newest() -> None:
    shown = re.findall(r"(?:^  ledger +|up to date: )version (\d+)", ALL_TEXT, re.MULTILINE)
    assert set(shown) == {get_newest_schema_version()}
    assert len(shown) == 2


def test_the_readme_is_one_page() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").split()) <= 1_200


def test_the_index_links_to_every_page_of_the_docs() -> None:
    index = read("index.md")
    assert [p.name for p in PAGES if p.stem != "index" and f"]({p.name})" not in index] == []


@pytest.mark.parametrize("page", [*ALL_PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: page.name)
def test_every_link_leads_to_an_existing_file_and_heading(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text("utf-8")):
        path, _, heading = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        headings = (
            re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE) if heading else []
        )
        assert not heading or heading in map(_build_anchor, headings), target


def _build_anchor(heading: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("problem", list_problems())
def test_every_problem_is_documented_with_its_status_its_cause_and_its_cure(
    problem: type[Problem],
) -> None:
    row = rf"^\| {problem.status} \| `{problem.code}` \| .+ \| .+ \|$"
    assert re.search(row, read("poq.md"), re.MULTILINE)


@pytest.mark.parametrize("problem", list_problems())
def test_every_problem_says_more_than_its_title(problem: type[Problem]) -> None:
    detail = problem().as_json()["detail"]
    assert detail.startswith(problem.title)
    assert len(detail) > len(problem.title) + 20


def test_the_guide_for_poq_documents_no_code_that_no_problem_has() -> None:
    documented = re.findall(r"^\| \d{3} \| `([a-z_]+)` \|", read("poq.md"), re.MULTILINE)
    assert sorted(documented) == sorted(problem.code for problem in list_problems())


def test_every_code_of_an_invalid_field_or_line_is_documented() -> None:
    codes = {code for code, _ in ERROR_CODES.values()} | set(REFUSAL_TEXTS)
    for module in MODULES:
        codes |= set(re.findall(r'Fault\(\s*"([a-z_]+)"', module.read_text("utf-8")))
    assert len(codes) > 10
    assert [code for code in sorted(codes) if f"`{code}`" not in ALL_TEXT] == []


def _list_page_rows(text: str) -> set[tuple[int, str]]:
    """Return status and title of each row in the tables of result pages."""
    titles = {page.title for page in result_pages.RESULT_PAGES}
    rows = re.findall(r"^\| (\d{3}) \| ([^`|]+?) \|", text, re.MULTILINE)
    assert {title for _, title in rows} <= titles
    return {(int(status), title) for status, title in rows}


def _list_pages(address: str) -> set[tuple[int, str]]:
    shown = [page for page in result_pages.RESULT_PAGES if address in page.shown_at]
    return {(int(page.status), page.title) for page in shown}


def test_the_page_on_shopper_pages_lists_those_of_links_and_no_others() -> None:
    assert len(result_pages.RESULT_PAGES) == 18
    assert _list_page_rows(read("shopper-pages.md")) == _list_pages(result_pages.LINK)


def test_the_page_on_direct_entry_lists_its_result_pages() -> None:
    own = _list_pages(result_pages.DIRECT_ENTRY) - _list_pages(result_pages.LINK)
    assert own <= _list_page_rows(read("direct-entry.md")) <= _list_pages(result_pages.DIRECT_ENTRY)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented_with_an_example(name: str) -> None:
    assert re.search(rf"^\| `handoff {name}` \|", read("commands.md"), re.MULTILINE)
    assert re.search(rf"^handoff {name}\b", read("commands.md"), re.MULTILINE)


def test_every_state_and_difference_of_the_reconciliation_is_documented() -> None:
    codes = {state.value for state in ReportState}
    folder = ROOT / "handoff" / "reconciliation"
    comparison = (folder / "order_comparison.py").read_text("utf-8")
    codes |= set(re.findall(r'Difference\(\s*"([a-z_]+)"', comparison))
    assert len(codes) == len(ReportState) + 4
    assert [code for code in sorted(codes) if f"`{code}`" not in ALL_TEXT] == []


def test_the_table_of_log_events_lists_those_of_the_code_and_no_others() -> None:
    sources = [module.read_text("utf-8") for module in MODULES]
    calls = [re.findall(r'log\.(?:[a-z]+)\(\s*"([a-z_]+)"', source) for source in sources]
    events = {event for found in calls for event in found} | {"client_timed_out"}
    assert len(events) > 10
    assert sorted(list_first_cells("running.md", "Logs")) == sorted(events)


def test_the_table_of_metrics_lists_those_of_the_service_and_no_others(make_app: MakeApp) -> None:
    text = make_app(metrics=True).test_client().get("/metrics").text
    names = re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE)
    metrics = [name for name in names if not name.endswith("_created")]
    assert sorted(list_first_cells("running.md", "Metrics")) == sorted(metrics)
