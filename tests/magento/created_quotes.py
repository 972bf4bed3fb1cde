"""Creates quotes for bags of a British store view, or reads why the shop refuses the lines."""

from __future__ import annotations

from decimal import Decimal

import pytest

from handoff.bag import Bag, BagLine
from handoff.deadline import Deadline
from handoff.magento.quote_models import Quote
from handoff.magento.quotes import Quotes
from handoff.problems import LinesRefused
from handoff.settings.store_view_models import StoreView
from tests.conftest import STORE

BRITISH = StoreView.model_validate(STORE)


def build_bag(*lines: tuple[str, int]) -> Bag:
    """Return a bag in pounds with these skus and quantities."""
    return Bag(tuple(BagLine(sku, Decimal(quantity)) for sku, quantity in lines), "GBP")


def create_quote(quotes: Quotes, *lines: tuple[str, int], store: StoreView = BRITISH) -> Quote:
    """Create a guest's quote with these lines."""
    quote = quotes.create_quote(build_bag(*lines), store=store, deadline=Deadline.after(8))
    assert quote.is_active
    assert quote.customer is None
    assert quote.currency == "GBP"
    return quote


def list_quantities(quote: Quote) -> dict[str, Decimal]:
    """Return the quantities of a quote by sku."""
    return {line.sku: line.quantity for line in quote.lines}


def find_refusals(quotes: Quotes, *lines: tuple[str, int]) -> dict[str | None, str]:
    """Return the code of each refused line by sku; require that some are refused."""
    with pytest.raises(LinesRefused) as refused:
        create_quote(quotes, *lines)
    return {fault.sku: fault.code for fault in refused.value.faults}
