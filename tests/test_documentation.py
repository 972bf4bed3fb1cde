"""Every setting, command, problem and result page is documented, and all links work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from handoff import problems
from handoff.cli import COMMANDS
from handoff.entry import result_pages
from handoff.magento.line_refusals import REFUSAL_TEXTS
from handoff.problems import Problem
from handoff.reconciliation.report import ReportState
from handoff.settings import PREFIX, Settings
from handoff.settings.model import GROUPS
from handoff.settings.reference_page import render_page
from handoff.transfer.request_parser import ERROR_CODES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = sorted((ROOT / "docs").glob("*.md"))
ALL_PAGES = "\n".join([README, *(page.read_text("utf-8") for page in PAGES)])
MODULES = sorted((ROOT / "handoff").rglob("*.py"))


def list_problems() -> list[type[Problem]]:
    found = [cls for cls in vars(problems).values() if isinstance(cls, type)]
    return [cls for cls in found if issubclass(cls, Problem) and cls is not Problem]


@pytest.mark.parametrize("name", [f"{PREFIX}{field.upper()}" for field in Settings.model_fields])
def test_the_example_of_an_env_file_names_every_setting(name: str) -> None:
    assert name in (ROOT / ".env.example").read_text("utf-8")


def test_the_page_of_settings_is_the_one_that_the_code_makes() -> None:
    assert (ROOT / "docs" / "settings.md").read_text("utf-8") == render_page()


def test_every_setting_is_in_one_group_and_has_a_description() -> None:
    names = [name for group in GROUPS for name in group.model_fields]
    assert sorted(names) == sorted(Settings.model_fields)
    assert [name for name in names if not Settings.model_fields[name].description] == []


def test_the_readme_links_to_every_page_of_the_docs() -> None:
    assert [page.name for page in PAGES if f"(docs/{page.name}" not in README] == []


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.name)
def test_every_link_leads_to_an_existing_file_and_heading(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text("utf-8")):
        path, _, heading = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        headings = (
            re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE) if heading else []
        )
        assert not heading or heading in map(_anchor_of, headings), target


def _anchor_of(heading: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("problem", list_problems())
def test_every_problem_is_documented_with_its_status(problem: type[Problem]) -> None:
    assert re.search(rf"^\| {problem.status} \| `{problem.code}` \|", README, re.MULTILINE)


def test_every_code_of_an_invalid_field_or_line_is_documented() -> None:
    codes = {code for code, _ in ERROR_CODES.values()} | set(REFUSAL_TEXTS)
    for module in MODULES:
        codes |= set(re.findall(r'Fault\(\s*"([a-z_]+)"', module.read_text("utf-8")))
    assert len(codes) > 10
    assert [code for code in sorted(codes) if f"`{code}`" not in ALL_PAGES] == []


def _list_page_rows(text: str) -> set[tuple[int, str]]:
    """Return status and title of each row in the tables of result pages."""
    titles = {page.title for page in result_pages.RESULT_PAGES}
    rows = re.findall(r"^\| (\d{3}) \| ([^`|]+?) \|", text, re.MULTILINE)
    assert {title for _, title in rows} <= titles
    return {(int(status), title) for status, title in rows}


def _list_pages(address: str) -> set[tuple[int, str]]:
    shown = [page for page in result_pages.RESULT_PAGES if address in page.shown_at]
    return {(int(page.status), page.title) for page in shown}


def test_the_readme_lists_the_result_pages_of_links_and_no_others() -> None:
    assert len(result_pages.RESULT_PAGES) == 16
    assert _list_page_rows(README) == _list_pages(result_pages.LINK)


def test_the_page_on_direct_entry_lists_its_result_pages() -> None:
    text = (ROOT / "docs" / "direct-entry.md").read_text("utf-8")
    own = _list_pages(result_pages.DIRECT_ENTRY) - _list_pages(result_pages.LINK)
    assert own <= _list_page_rows(text) <= _list_pages(result_pages.DIRECT_ENTRY)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented(name: str) -> None:
    assert re.search(rf"^ *(handoff|make|/opt/handoff/bin/handoff) {name}\b", README, re.MULTILINE)


def test_every_state_and_difference_of_the_reconciliation_is_documented() -> None:
    codes = {state.value for state in ReportState}
    comparison = (ROOT / "handoff" / "bag_comparison.py").read_text("utf-8")
    codes |= set(re.findall(r'Difference\(\s*"([a-z_]+)"', comparison))
    assert len(codes) == len(ReportState) + 4
    assert [code for code in sorted(codes) if f"`{code}`" not in ALL_PAGES] == []


def test_every_log_event_that_is_no_request_is_documented() -> None:
    sources = [module.read_text("utf-8") for module in MODULES]
    calls = [re.findall(r'log\.(?:warning|error|exception)\(\s*"([a-z_]+)"', s) for s in sources]
    events = {event for found in calls for event in found} | {"client_timed_out"}
    assert len(events) > 10
    assert [event for event in sorted(events) if f"`{event}`" not in ALL_PAGES] == []
