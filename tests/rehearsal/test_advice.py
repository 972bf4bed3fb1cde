"""Every failure of a rehearsal has its advice, and every advice its failure."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from handoff.entry import result_pages
from handoff.entry.result_pages import ResultPage
from handoff.problems import Problem
from handoff.rehearsal.results import get_advice

PACKAGE = Path(__file__).parents[2] / "handoff" / "rehearsal"
ADVICE = tomllib.loads((PACKAGE / "advice.toml").read_text("utf-8"))
TABLES = {key for key, value in ADVICE.items() if isinstance(value, dict)}


def test_every_general_advice_is_used() -> None:
    code = "\n".join(module.read_text("utf-8") for module in PACKAGE.glob("*.py"))
    keys = set(ADVICE) - TABLES - {"default"}
    assert {key for key in keys if f'"{key}"' not in code and f"'{key}'" not in code} == set()


def test_every_key_in_the_code_has_an_advice() -> None:
    code = "\n".join(module.read_text("utf-8") for module in PACKAGE.glob("*.py"))
    found = re.findall(r'(?:advice="|advice = "|get_advice\(["\'])([a-z_]+)["\']', code)
    found += re.findall(r'StepFailure\([^()]*(?:\([^()]*\)[^()]*)*, "([a-z_]+)"\)', code)
    assert len(set(found)) > 25
    assert set(found) - set(ADVICE) == set()


def test_the_statuses_are_those_of_result_pages() -> None:
    pages = [page for page in vars(result_pages).values() if isinstance(page, ResultPage)]
    assert {int(status) for status in ADVICE["result_page"]} <= {int(page.status) for page in pages}


def test_the_error_codes_are_those_of_problems() -> None:
    codes = {problem.code for problem in _find_subclasses(Problem)}
    assert set(ADVICE["transfer"]) - {"default"} <= codes


def test_an_unknown_code_gets_the_default_of_its_table() -> None:
    assert get_advice("transfer.unheard_of") == ADVICE["transfer"]["default"]
    assert get_advice("result_page.418") == ADVICE["default"]


def _find_subclasses(parent: type[Problem]) -> set[type[Problem]]:
    children = set(parent.__subclasses__())
    return children.union(*map(_find_subclasses, children))
