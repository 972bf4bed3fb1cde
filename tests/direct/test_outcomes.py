"""Which ending tells a shopper of which problem."""

from __future__ import annotations

import pytest

from handoff.direct.outcomes import ending_of
from handoff.entry import endings
from handoff.errors import Busy, Problem, ShopDropped


class NewNo(Problem):
    """A no of the shop that nobody has thought of yet."""

    code, status, title = "new_no", 422, "No."


class NewFault(Problem):
    """Something that passes, that nobody has thought of yet."""

    code, status, title = "new_fault", 502, "Not now."


@pytest.mark.parametrize(
    ("problem", "ending"),
    [
        (NewNo(), endings.REFUSED),
        (NewFault(), endings.TRY_LATER),
        (ShopDropped(), endings.TRY_LATER),
        (Busy(), endings.TRY_LATER),
    ],
)
def test_a_problem_that_is_not_listed_has_an_ending_too(
    problem: Problem, ending: endings.Ending
) -> None:
    assert ending_of(problem) is ending
