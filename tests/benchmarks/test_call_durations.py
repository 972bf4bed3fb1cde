"""Calls at the slow sandbox shop take as long as at the Magento that was measured."""

from __future__ import annotations

import json

import pytest

from benchmarks.slow_magento_app.call_durations import CallDurations

MASKED_ID = "a" * 32
CART = f"/rest/V1/guest-carts/{MASKED_ID}"


def sum_by_rest(lines: int) -> float:
    durations = CallDurations()
    calls = [("POST", "/rest/V1/guest-carts"), *[("POST", f"{CART}/items")] * lines, ("GET", CART)]
    return sum(durations.get_duration(method, path, b"{}") for method, path in calls)


def sum_by_graphql(lines: int) -> float:
    durations = CallDurations()
    variables = {"id": MASKED_ID, "items": [{}] * lines}
    body = json.dumps({"query": "mutation { … }", "variables": variables}).encode()
    return durations.get_duration("POST", "/graphql", body) + durations.get_duration(
        "GET", CART, b""
    )


@pytest.mark.parametrize(("lines", "rest", "graphql"), [(1, 0.21, 0.17), (50, 13.9, 0.72)])
def test_a_bag_takes_as_long_as_it_was_measured(lines: int, rest: float, graphql: float) -> None:
    assert sum_by_rest(lines) == pytest.approx(rest, rel=0.1)
    assert sum_by_graphql(lines) == pytest.approx(graphql, rel=0.1)
