"""Whether a quote holds exactly a bag."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from handoff.bag import BagLine, format_quantity, merge_lines, sku_key
from handoff.magento.quote_models import QuoteLine
from handoff.problems import Fault

_NONE = BagLine("", Decimal(0))


def find_differences(held: Sequence[QuoteLine], wanted: Iterable[BagLine]) -> list[Fault]:
    """Compare sum by sum, ignoring case, and name every sku that differs.

    What the shop's own rules have added costs nothing: more of a sku than the bag has, or another
    sku, is no difference where the lines that are too many are free.
    """
    bag = _by_sku(wanted)
    in_quote = _by_sku(_as_in(bag, line) for line in held)
    paid = _by_sku(_as_in(bag, line) for line in held if not line.free)
    faults = (
        _difference(bag.get(sku, _NONE), in_quote.get(sku, _NONE), paid.get(sku, _NONE))
        for sku in bag | in_quote
    )
    return [fault for fault in faults if fault is not None]


def _by_sku(lines: Iterable[BagLine]) -> dict[str, BagLine]:
    return {sku_key(line.sku): line for line in merge_lines(lines)}


def _as_in(bag: dict[str, BagLine], line: QuoteLine) -> BagLine:
    """Return a line under the sku that the bag has for it: its own, or its product's."""
    own, product = line.sku, line.product_sku or line.sku
    is_told_by_product = sku_key(own) not in bag and sku_key(product) in bag
    return BagLine(product if is_told_by_product else own, line.quantity)


def _difference(wanted: BagLine, held: BagLine, paid: BagLine) -> Fault | None:
    if paid.quantity <= wanted.quantity <= held.quantity:
        return None
    if not wanted.quantity:
        words = "The quote holds this item; the bag does not."
        return Fault("foreign_in_quote", words, sku=held.sku)
    if not held.quantity:
        return Fault("missing_in_quote", "The quote does not hold this item.", sku=wanted.sku)
    in_quote, in_bag = format_quantity(held.quantity), format_quantity(wanted.quantity)
    words = f"The quote holds {in_quote}, the bag {in_bag}."
    return Fault("quantity_differs", words, sku=wanted.sku)
