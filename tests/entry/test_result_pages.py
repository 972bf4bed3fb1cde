"""The result page for each problem, and the table of result pages."""

from __future__ import annotations

import pytest
from handoff_sandbox.phone import log_reader

from handoff.entry import result_pages
from handoff.ledger.models import LinkState
from handoff.magento.client import ShopDropped
from handoff.problems import Busy, Problem


class UnlistedRefusal(Problem):
    """A refusal that the table does not list."""

    code, status, title = "unlisted_refusal", 422, "No."


class UnlistedFailure(Problem):
    """A temporary failure that the table does not list."""

    code, status, title = "unlisted_failure", 502, "Not now."


@pytest.mark.parametrize(
    ("problem", "page"),
    [
        (UnlistedRefusal(), result_pages.REFUSED),
        (UnlistedFailure(), result_pages.TRY_LATER),
        (ShopDropped(), result_pages.TRY_LATER),
        (Busy(), result_pages.TRY_LATER),
    ],
)
def test_an_unlisted_problem_has_a_page_by_its_status(
    problem: Problem, page: result_pages.ResultPage
) -> None:
    assert result_pages.choose_page_for_problem(problem) is page


def test_every_reason_leads_to_one_page() -> None:
    reasons = [reason for page in result_pages.RESULT_PAGES for reason in page.reasons]
    assert len(reasons) == len(set(reasons)) > 10
    codes = [page.code for page in result_pages.RESULT_PAGES]
    assert len(codes) == len(set(codes))


def test_every_link_state_but_live_has_a_page_of_its_own() -> None:
    pages = {state: result_pages.choose_page_for_link_state(state) for state in LinkState}
    assert pages.pop(LinkState.LIVE) is result_pages.EXPIRED
    assert len({page.code for page in pages.values()}) == len(pages)


def test_the_demo_shows_the_titles_of_the_pages() -> None:
    """The sandbox has a copy, because it imports nothing of the product."""
    titles = {page.code: f"{page.title}." for page in result_pages.RESULT_PAGES}
    assert log_reader._PAGE_TITLES.items() <= titles.items()
