"""Whether a quote holds exactly a bag."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from handoff.bag import Line, plain, same_sku, summed
from handoff.errors import Fault
from handoff.magento.quotes import QuoteLine

_NONE = Line("", Decimal(0))


def differences(held: Sequence[QuoteLine], wanted: Iterable[Line]) -> list[Fault]:
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


def _by_sku(lines: Iterable[Line]) -> dict[str, Line]:
    return {same_sku(line.sku): line for line in summed(lines)}


def _as_in(bag: dict[str, Line], line: QuoteLine) -> Line:
    """Return a line under the sku that the bag has for it: its own, or its product's."""
    own, product = line.sku, line.product_sku or line.sku
    is_told_by_product = same_sku(own) not in bag and same_sku(product) in bag
    return Line(product if is_told_by_product else own, line.quantity)


def _difference(wanted: Line, held: Line, paid: Line) -> Fault | None:
    if paid.quantity <= wanted.quantity <= held.quantity:
        return None
    if not wanted.quantity:
        words = "The quote holds this item; the bag does not."
        return Fault("foreign_in_quote", words, sku=held.sku)
    if not held.quantity:
        return Fault("missing_in_quote", "The quote does not hold this item.", sku=wanted.sku)
    words = f"The quote holds {plain(held.quantity)}, the bag {plain(wanted.quantity)}."
    return Fault("quantity_differs", words, sku=wanted.sku)
