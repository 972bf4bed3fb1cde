"""Which ending tells a shopper of which problem."""

from __future__ import annotations

import pytest

from handoff.entry import result_pages
from handoff.magento.client import ShopDropped
from handoff.problems import Busy, Problem


class NewNo(Problem):
    """A no of the shop that nobody has thought of yet."""

    code, status, title = "new_no", 422, "No."


class NewFault(Problem):
    """Something that passes, that nobody has thought of yet."""

    code, status, title = "new_fault", 502, "Not now."


@pytest.mark.parametrize(
    ("problem", "ending"),
    [
        (NewNo(), result_pages.REFUSED),
        (NewFault(), result_pages.TRY_LATER),
        (ShopDropped(), result_pages.TRY_LATER),
        (Busy(), result_pages.TRY_LATER),
    ],
)
def test_a_problem_that_is_not_listed_has_an_ending_too(
    problem: Problem, ending: result_pages.ResultPage
) -> None:
    assert result_pages.find_page_for_problem(problem) is ending
