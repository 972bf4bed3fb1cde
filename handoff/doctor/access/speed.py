"""GraphQL: is it there, with what is used of it? And which way is a bag built faster here?"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from handoff.doctor.case import Case, Pace
from handoff.doctor.finding import Finding, ok, unknown, warning

_SLOW = 0.5  # of the time that a transfer has


def graphql_is_there(case: Case) -> Iterator[Finding]:
    """Build a cart by what a transfer uses of GraphQL."""
    built = case.graphql_cart()
    if built.seconds is not None:
        yield ok("GraphQL", "It is there, with all that is used of it.")
        return
    errors = built.reply.data.get("errors") if isinstance(built.reply.data, dict) else None
    said = f" It says: {str(errors[0].get('message', ''))[:150]}" if errors else ""
    yield warning(
        "GraphQL",
        f"A cart cannot be built by it ({built.reply.status}).{said} Bags are then built over "
        "REST, one call a line.",
        "Let POST /graphql through to Magento, with the modules GraphQl and QuoteGraphQl.",
    )


def bags_are_quick(case: Case) -> Iterator[Finding]:
    """Say from how many lines on GraphQL is faster, and whether a transfer has the time."""
    name = "Time to build a bag"
    pace, limit = case.pace(), case.settings.magento_timeout
    if pace is None:
        yield unknown(name, "No cart was built.")
        return
    seen = f"REST {_ms(pace.rest_cart)}, and {_ms(pace.rest_line)} for each line"
    if pace.graphql is None:
        most = max(1, int((limit - pace.rest_cart) / max(pace.rest_line, 0.001)))
        yield warning(
            name,
            f"{seen}; no GraphQL. A bag of more than {most} lines takes longer than the "
            f"{limit:g} s that a transfer has.",
            "Open GraphQL, or raise HANDOFF_MAGENTO_TIMEOUT.",
        )
        return
    seen += (
        f"; GraphQL {_ms(pace.graphql)} for a whole bag, so it is faster here from "
        f"{_even(pace, pace.graphql)} on. Bags are built by GraphQL."
    )
    if max(pace.graphql, pace.rest_cart + pace.rest_line) > limit * _SLOW:
        yield warning(
            name,
            f"{seen} That is more than half of the {limit:g} s that a transfer has.",
            "Look why the shop is slow, or raise HANDOFF_MAGENTO_TIMEOUT.",
        )
    else:
        yield ok(name, seen)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _even(pace: Pace, graphql: float) -> str:
    """Say from how many lines on GraphQL takes less time than REST."""
    lines = max(1, ceil((graphql - pace.rest_cart) / max(pace.rest_line, 0.001)))
    return "1 line" if lines == 1 else f"{lines} lines"
