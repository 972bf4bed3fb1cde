"""The code base about itself: nothing undocumented, nothing misplaced."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from handoff import problems
from handoff.cli import main
from handoff.entry import result_pages
from handoff.magento.line_refusals import REFUSAL_TEXTS
from handoff.problems import Problem
from handoff.reconciliation.report import ReportState
from handoff.settings import PREFIX, Settings
from handoff.transfer.request_parser import _CODES
from tests.conftest import MakeApp

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
DETAILS = sorted((ROOT / "docs").glob("*.md"))
GUIDE = "\n".join([README, *(page.read_text("utf-8") for page in DETAILS)])
LOCKS = ("requirements.txt", "requirements-demo.txt", "requirements-dev.txt")
MODULES = sorted((ROOT / "handoff").rglob("*.py"))


def all_problems() -> list[type[Problem]]:
    found = [cls for cls in vars(problems).values() if isinstance(cls, type)]
    return [cls for cls in found if issubclass(cls, Problem) and cls is not Problem]


@pytest.mark.parametrize("name", [f"{PREFIX}{field.upper()}" for field in Settings.model_fields])
def test_every_setting_is_documented(name: str) -> None:
    assert f"`{name}`" in README
    assert name in (ROOT / ".env.example").read_text("utf-8")


def test_every_page_of_details_is_found_from_the_readme() -> None:
    assert [page.name for page in DETAILS if f"(docs/{page.name}" not in README] == []


@pytest.mark.parametrize("page", [ROOT / "README.md", *DETAILS], ids=lambda page: page.name)
def test_links_lead_to_files_and_headings_that_are_there(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text("utf-8")):
        path, _, heading = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        headings = (
            re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE) if heading else []
        )
        assert not heading or heading in map(_anchor, headings), target


def _anchor(heading: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("problem", all_problems())
def test_every_problem_is_documented_with_its_status(problem: type[Problem]) -> None:
    assert re.search(rf"^\| {problem.status} \| `{problem.code}` \|", README, re.MULTILINE)


def test_every_code_of_a_field_or_line_is_documented() -> None:
    codes = {code for code, _ in _CODES.values()} | set(REFUSAL_TEXTS)
    for module in MODULES:
        codes |= set(re.findall(r'Fault\(\s*"([a-z_]+)"', module.read_text("utf-8")))
    assert len(codes) > 10
    assert [code for code in sorted(codes) if f"`{code}`" not in GUIDE] == []


def test_every_ending_is_documented() -> None:
    found = [
        ending
        for ending in vars(result_pages).values()
        if isinstance(ending, result_pages.ResultPage)
    ]
    assert len(found) == 16
    for ending in found:
        assert f"| {int(ending.status)} | {ending.title} |" in GUIDE


@pytest.mark.parametrize("name", main.commands)
def test_every_command_is_documented(name: str) -> None:
    assert re.search(rf"^ *(handoff|make|/opt/handoff/bin/handoff) {name}\b", README, re.MULTILINE)


def test_every_state_and_difference_of_a_report_is_documented() -> None:
    codes = {state.value for state in ReportState}
    comparison = (ROOT / "handoff" / "bag_comparison.py").read_text("utf-8")
    codes |= set(re.findall(r'Difference\(\s*"([a-z_]+)"', comparison))
    assert len(codes) == len(ReportState) + 4
    assert [code for code in sorted(codes) if f"`{code}`" not in GUIDE] == []


# How each address is protected. A new one has to be added here, with a thought.
ACCESS = {
    "/api/cart-transfer": "key",
    "/api/cart-transfer/<key>": "key",
    "/enter": "credential",
    "/h": "link",
    "/h/<token>": "link",
    "/healthz": "open",
    "/metrics": "open",  # where switched on; docs/deploy/nginx.conf lets nobody in from outside
    "/openapi.json": "open",
    "/readyz": "open",  # the same
    "/static/<path:filename>": "open",
    "/theme.css": "open",
}


def test_every_address_says_how_it_is_protected(make_app: MakeApp) -> None:
    app = make_app(direct_entry=True, metrics=True)
    assert {rule.rule for rule in app.url_map.iter_rules()} == set(ACCESS)
    client = app.test_client()
    for rule, access in ACCESS.items():
        path = rule.replace("<key>", "wrong").replace("<token>", "wrong")
        answer = client.post(path) if access in ("key", "link") else None
        if access == "key":
            assert answer is not None
            assert answer.status_code in (401, 404)
        if access == "credential":
            assert client.post(path, data={"quote_id": "wrong"}).status_code == 404
        if access == "link":
            assert answer is not None
            assert answer.status_code == 404


def imports_of(module: Path) -> set[str]:
    tree = ast.parse(module.read_text("utf-8"))
    names = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    return names


FEATURES = {
    path.name for path in (ROOT / "handoff").iterdir() if (path / "__init__.py").exists()
} - {"settings"}


@pytest.mark.parametrize("package", sorted(FEATURES))
def test_settings_import_no_feature_package(package: str) -> None:
    for module in (ROOT / "handoff" / "settings").glob("*.py"):
        assert not [n for n in imports_of(module) if n.startswith(f"handoff.{package}")], module


@pytest.mark.parametrize(
    ("room", "stranger"),
    [
        ("transfer", "handoff.entry"),
        ("transfer", "handoff.direct_entry"),
        ("entry", "handoff.transfer"),
        ("entry", "handoff.direct_entry"),
        ("magento", "flask"),
        ("shop_session", "flask"),
        ("ledger", "flask"),
        ("reconciliation", "flask"),
        ("reconciliation", "handoff.entry"),
        ("reconciliation", "handoff.transfer"),
        ("doctor", "flask"),
        ("magento", "handoff.ledger"),
        ("ledger", "handoff.magento"),
        ("ledger", "handoff.reconciliation"),
        ("magento", "handoff.reconciliation"),
        ("shop_session", "handoff.magento"),
    ],
)
def test_rooms_do_not_know_what_they_need_not(room: str, stranger: str) -> None:
    assert list((ROOT / "handoff" / room).rglob("*.py"))
    for module in (ROOT / "handoff" / room).rglob("*.py"):
        assert not [name for name in imports_of(module) if name.startswith(stranger)], module


def test_only_the_demo_knows_the_sandbox() -> None:
    for module in MODULES:
        if module.name == "demo.py":
            continue
        assert not [name for name in imports_of(module) if name.startswith("handoff_sandbox")]


def test_every_module_and_public_function_says_what_it_is() -> None:
    silent = []
    for module in MODULES:
        if "versions" in module.parts:
            continue
        tree = ast.parse(module.read_text("utf-8"))
        if tree.body and not ast.get_docstring(tree):
            silent.append(str(module))
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.FunctionDef | ast.ClassDef)
                and not node.name.startswith("_")
                and not ast.get_docstring(node)
                and node in tree.body
            ):
                silent.append(f"{module}:{node.name}")
    assert silent == []


def test_nothing_speaks_of_the_machine_that_it_was_made_on() -> None:
    for name in (*LOCKS, "Makefile", "README.md"):
        text = (ROOT / name).read_text("utf-8")
        assert "--index-url" not in text
        assert "/work/" not in text
