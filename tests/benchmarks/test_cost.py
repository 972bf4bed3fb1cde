"""What calls cost at the stand-in: as much as at the Magento that they were measured at."""

from __future__ import annotations

import json

import pytest

from benchmarks.costly.cost import Costs

MASKED_ID = "a" * 32
CART = f"/rest/V1/guest-carts/{MASKED_ID}"


def by_rest(lines: int) -> float:
    costs = Costs()
    calls = [("POST", "/rest/V1/guest-carts"), *[("POST", f"{CART}/items")] * lines, ("GET", CART)]
    return sum(costs.of(method, path, b"{}") for method, path in calls)


def by_graphql(lines: int) -> float:
    costs = Costs()
    variables = {"id": MASKED_ID, "items": [{}] * lines}
    body = json.dumps({"query": "mutation { … }", "variables": variables}).encode()
    return costs.of("POST", "/graphql", body) + costs.of("GET", CART, b"")


@pytest.mark.parametrize(("lines", "rest", "graphql"), [(1, 0.21, 0.17), (50, 13.9, 0.72)])
def test_a_bag_costs_what_was_measured(lines: int, rest: float, graphql: float) -> None:
    assert by_rest(lines) == pytest.approx(rest, rel=0.1)
    assert by_graphql(lines) == pytest.approx(graphql, rel=0.1)
