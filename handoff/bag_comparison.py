"""Compares a bag with the lines of a quote, or of the orders that a quote became.

The shop's own rules can add lines that cost nothing. So a surplus of a sku, or a sku that is not
in the bag, is not a difference if the surplus lines are free.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from handoff.bag import Bag, BagLine, format_quantity, merge_lines, normalize_sku
from handoff.magento.order_models import OrderWithLines
from handoff.magento.quote_models import QuoteLine
from handoff.problems import Fault


@dataclass(frozen=True, slots=True)
class OrderDifference:
    """A difference between a bag and its orders. `bag` and `ordered` are quantities as text.

    For the code `currency_differs` they are currencies, and `sku` is None.
    """

    code: str
    sku: str | None
    bag: str
    ordered: str

    def as_json(self) -> dict[str, Any]:
        """Return the entry of `differences[]`."""
        return {"code": self.code, "sku": self.sku, "bag": self.bag, "ordered": self.ordered}


def find_quote_differences(lines: Sequence[QuoteLine], bag: Iterable[BagLine]) -> list[Fault]:
    """Return a fault for each sku whose quantity in the quote differs from the bag.

    Case is ignored, and lines of one sku are added up.
    """
    return [
        _build_quote_fault(wanted, held) for wanted, held, _ in _find_differences(lines, tuple(bag))
    ]


def find_order_differences(
    bag: Bag, orders: Sequence[OrderWithLines]
) -> tuple[OrderDifference, ...]:
    """Return the differences between a bag and all orders of its quote taken together."""
    differences = [
        OrderDifference("currency_differs", None, bag.currency, order.totals.currency)
        for order in orders
        if order.totals.currency != bag.currency
    ]
    lines = [line for order in orders for line in order.lines]
    differences += [
        _build_order_difference(wanted, paid if paid.quantity else held)
        for wanted, held, paid in _find_differences(lines, bag.lines)
    ]
    return tuple(differences)


class _ComparableLine(Protocol):
    @property
    def sku(self) -> str: ...
    @property
    def product_sku(self) -> str | None: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def is_free(self) -> bool: ...


def _find_differences(
    lines: Sequence[_ComparableLine], bag: Iterable[BagLine]
) -> Iterator[tuple[BagLine, BagLine, BagLine]]:
    """Yield three lines for each sku that differs: in the bag, held, and held but not free."""
    in_bag = _merge_by_sku(bag)
    held = _merge_by_sku(_use_bag_sku(in_bag, line) for line in lines)
    paid = _merge_by_sku(_use_bag_sku(in_bag, line) for line in lines if not line.is_free)
    for key in in_bag | held:
        none = BagLine((in_bag.get(key) or held[key]).sku, Decimal(0))
        found = in_bag.get(key, none), held.get(key, none), paid.get(key, none)
        if not found[2].quantity <= found[0].quantity <= found[1].quantity:
            yield found


def _merge_by_sku(lines: Iterable[BagLine]) -> dict[str, BagLine]:
    return {normalize_sku(line.sku): line for line in merge_lines(lines)}


def _use_bag_sku(in_bag: dict[str, BagLine], line: _ComparableLine) -> BagLine:
    """Return the line with the sku that the bag uses: the line's own, or its product's."""
    product_sku = line.product_sku or line.sku
    is_by_product = normalize_sku(line.sku) not in in_bag and normalize_sku(product_sku) in in_bag
    return BagLine(product_sku if is_by_product else line.sku, line.quantity)


def _build_quote_fault(wanted: BagLine, held: BagLine) -> Fault:
    if not wanted.quantity:
        detail = "The quote holds this item; the bag does not."
        return Fault("foreign_in_quote", detail, sku=wanted.sku)
    if not held.quantity:
        return Fault("missing_in_quote", "The quote does not hold this item.", sku=wanted.sku)
    in_quote, in_bag = format_quantity(held.quantity), format_quantity(wanted.quantity)
    detail = f"The quote holds {in_quote}, the bag {in_bag}."
    return Fault("quantity_differs", detail, sku=wanted.sku)


def _build_order_difference(wanted: BagLine, ordered: BagLine) -> OrderDifference:
    in_bag, in_order = format_quantity(wanted.quantity), format_quantity(ordered.quantity)
    if not wanted.quantity:
        return OrderDifference("foreign_in_order", wanted.sku, in_bag, in_order)
    if not ordered.quantity:
        return OrderDifference("missing_in_order", wanted.sku, in_bag, in_order)
    return OrderDifference("quantity_differs", wanted.sku, in_bag, in_order)
