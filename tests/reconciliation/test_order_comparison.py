"""The comparison of an order with the bag."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from handoff.bag import Bag
from handoff.magento.order_models import OrderWithLines
from handoff.reconciliation.order_comparison import find_order_differences

BAG = Bag.from_json(
    {
        "currency": "GBP",
        "lines": [{"sku": "Mug", "quantity": "2"}, {"sku": "JUG", "quantity": "1.5"}],
    }
)


def build_order(
    *lines: tuple[str, str] | tuple[str, str, bool], currency: str = "GBP"
) -> OrderWithLines:
    """Return an order of (sku, quantity) or (sku, quantity, is a gift) lines."""
    return OrderWithLines.model_validate(
        {
            "entity_id": 1,
            "increment_id": "000000001",
            "quote_id": 27,
            "order_currency_code": currency,
            "state": "new",
            "grand_total": 40,
            "items": [
                {"sku": line[0], "qty_ordered": line[1], "price": 0 if line[2:] == (True,) else 20}
                for line in lines
            ],
        }
    )


def find_differences_as_tuples(
    *purchases: OrderWithLines,
) -> list[tuple[str, str | None, str, str]]:
    return [(d.code, d.sku, d.bag, d.ordered) for d in find_order_differences(BAG, purchases)]


@pytest.mark.parametrize(
    "ordered",
    [
        build_order(("Mug", "2"), ("JUG", "1.5")),
        build_order(("JUG", "1.5000"), ("mug", "2.0000")),
        build_order(("Mug", "1"), ("Mug", "1"), ("JUG", "1.5")),
        build_order(("Mug", "2"), ("JUG", "1.5"), ("Sample", "1", True)),
        build_order(("Mug", "2"), ("Mug", "1", True), ("JUG", "1.5")),
        build_order(("Mug", "2", True), ("JUG", "1.5")),
        build_order(("Mug", "1"), ("Mug", "2", True), ("JUG", "1.5")),
    ],
    ids=[
        "equal",
        "case and order",
        "in parts",
        "a gift",
        "one more as a gift",
        "free of charge",
        "one of two free and one more as a gift",
    ],
)
def test_an_order_equals_the_bag(ordered: OrderWithLines) -> None:
    assert find_differences_as_tuples(ordered) == []


def test_every_difference_is_named() -> None:
    ordered = build_order(("Mug", "3"), ("Bowl", "1"), currency="EUR")
    assert find_differences_as_tuples(ordered) == [
        ("currency_differs", None, "GBP", "EUR"),
        ("quantity_differs", "Mug", "2", "3"),
        ("missing_in_order", "JUG", "1.5", "0"),
        ("foreign_in_order", "Bowl", "0", "1"),
    ]


def test_orders_to_several_addresses_are_added_up() -> None:
    assert find_differences_as_tuples(build_order(("Mug", "2")), build_order(("JUG", "1.5"))) == []


def test_the_two_lines_of_a_configurable_product_count_once() -> None:
    """A real shop sends two lines with the sku of the variant, one of them at price zero."""
    line: dict[str, Any] = {"sku": "MUG", "qty_ordered": 2, "price": 40}
    order = OrderWithLines.model_validate(
        {
            "entity_id": 50,
            "increment_id": "000000050",
            "quote_id": 105,
            "order_currency_code": "GBP",
            "state": "new",
            "grand_total": 91,
            "items": [
                line,
                {**line, "price": 0, "parent_item_id": 89},
                {"sku": "JUG", "qty_ordered": Decimal("1.5"), "price": 11},
            ],
        }
    )
    assert find_differences_as_tuples(order) == []
