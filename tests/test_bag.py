"""The comparison of a bag with the lines of a quote."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from handoff.bag import BagLine, find_quote_differences, normalize_sku
from handoff.magento.quote_models import QuoteLine


def build_priced_line(
    sku: str, quantity: str = "1", sku_without_options: str | None = None
) -> QuoteLine:
    return QuoteLine(sku, Decimal(quantity), 1, sku_without_options=sku_without_options)


def build_free_line(sku: str, quantity: str = "1") -> QuoteLine:
    return QuoteLine(sku, Decimal(quantity), 1, is_free=True)


EQUAL = {
    "the same": ([build_priced_line("A")], ["A"]),
    "another case": ([build_priced_line("A")], ["a"]),
    "two lines of one sku": (
        [build_priced_line("A"), build_priced_line("a", "2")],
        ["A", "A", "A"],
    ),
    "a gift of another sku": ([build_priced_line("A"), build_free_line("B")], ["A"]),
    "a gift of the same sku": ([build_priced_line("A", "2"), build_free_line("A")], ["A", "A"]),
    "what costs nothing is in the bag": ([build_free_line("A")], ["A"]),
    "a rule made one of two free": ([build_priced_line("A"), build_free_line("A")], ["A", "A"]),
    "a sku made longer by options": ([build_priced_line("A-RED", sku_without_options="A")], ["A"]),
    "with and without options": (
        [build_priced_line("A-RED", sku_without_options="A"), build_priced_line("A")],
        ["A", "A"],
    ),
    "the longer sku itself": ([build_priced_line("A-RED", sku_without_options="A")], ["A-RED"]),
}


@pytest.mark.parametrize(("held", "wanted"), EQUAL.values(), ids=EQUAL)
def test_a_quote_matches_the_bag(held: list[QuoteLine], wanted: list[str]) -> None:
    assert find_quote_differences(held, [BagLine(sku, Decimal(1)) for sku in wanted]) == []


DIFFERENT = {
    "another sku that costs": (
        [build_priced_line("A"), build_priced_line("B")],
        ["A"],
        {"B": "foreign_in_quote"},
    ),
    "one too many that costs": ([build_priced_line("A", "2")], ["A"], {"A": "quantity_differs"}),
    "a gift does not stand for what is missing": (
        [build_priced_line("A"), build_free_line("B")],
        ["A", "C"],
        {"C": "missing_in_quote"},
    ),
    "too few": ([build_free_line("A")], ["A", "A"], {"A": "quantity_differs"}),
    "half of one": ([build_priced_line("A", "1.5")], ["A"], {"A": "quantity_differs"}),
    "the product with other options as well": (
        [build_priced_line("A-RED", sku_without_options="A"), build_priced_line("A")],
        ["A"],
        {"A": "quantity_differs"},
    ),
}


@pytest.mark.parametrize(("held", "wanted", "codes"), DIFFERENT.values(), ids=DIFFERENT)
def test_a_quote_differs_from_the_bag(
    held: list[QuoteLine], wanted: list[str], codes: dict[str, str]
) -> None:
    faults = find_quote_differences(held, [BagLine(sku, Decimal(1)) for sku in wanted])
    assert {fault.sku: fault.code for fault in faults} == codes


def test_quantities_have_no_trailing_zeros() -> None:
    [fault] = find_quote_differences([build_priced_line("A", "1.500")], [BagLine("A", Decimal(2))])
    assert fault.detail == "The quote holds 1.5, the bag 2."


skus = st.sampled_from(["A", "a", "B", "B-RED", "\u00c9", "\u00e9"])
bags = st.lists(st.tuples(skus, st.integers(1, 5)), min_size=1, max_size=6)


def sum_by_sku(lines: list[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for sku, quantity in lines:
        found[normalize_sku(sku)] = found.get(normalize_sku(sku), 0) + quantity
    return found


@given(bags, bags)
def test_a_quote_without_free_lines_matches_if_the_sums_are_equal(
    held: list[tuple[str, int]], wanted: list[tuple[str, int]]
) -> None:
    faults = find_quote_differences(
        [build_priced_line(sku, str(quantity)) for sku, quantity in held],
        [BagLine(sku, Decimal(quantity)) for sku, quantity in wanted],
    )
    in_quote, in_bag = sum_by_sku(held), sum_by_sku(wanted)
    differing = {sku for sku in in_quote | in_bag if in_quote.get(sku) != in_bag.get(sku)}
    assert {normalize_sku(fault.sku or "") for fault in faults} == differing


@given(bags, st.randoms(use_true_random=False))
def test_neither_order_nor_splitting_of_lines_matters(
    bag: list[tuple[str, int]], chance: random.Random
) -> None:
    single = [build_priced_line(sku) for sku, quantity in bag for _ in range(quantity)]
    chance.shuffle(single)
    assert (
        find_quote_differences(single, [BagLine(sku, Decimal(quantity)) for sku, quantity in bag])
        == []
    )


@given(bags, bags)
def test_free_lines_never_make_a_difference(
    bag: list[tuple[str, int]], gifts: list[tuple[str, int]]
) -> None:
    held = [build_priced_line(sku, str(quantity)) for sku, quantity in bag]
    held += [build_free_line(sku, str(quantity)) for sku, quantity in gifts]
    assert (
        find_quote_differences(held, [BagLine(sku, Decimal(quantity)) for sku, quantity in bag])
        == []
    )


@given(bags, bags)
def test_a_gift_never_stands_for_another_sku(
    bag: list[tuple[str, int]], gifts: list[tuple[str, int]]
) -> None:
    missing = sum_by_sku(bag).keys() - sum_by_sku(gifts).keys()
    assume(missing)
    faults = find_quote_differences(
        [build_free_line(sku, str(quantity)) for sku, quantity in gifts],
        [BagLine(sku, Decimal(quantity)) for sku, quantity in bag],
    )
    assert missing <= {normalize_sku(fault.sku or "") for fault in faults}
