"""The totals of orders as webhooks and the API tell them, against Magento's own formula.

    grand_total = subtotal + tax + shipping + discount (negative) - gift cards - store credit

Where the discount is taken off prices with tax, Magento adds the tax in it again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from handoff.deadline import Deadline
from handoff.magento.admin_access import AccessToken
from handoff.magento.client import MagentoClient
from handoff.magento.orders import Orders
from handoff.time_and_order_json import build_order_json
from tests.magento.faulty_shop import FaultyShop
from tests.magento.shop_behaviours import answers


@dataclass(frozen=True)
class _Case:
    """An order's amounts in REST, and the amounts that the API shows, in the formula's order."""

    amounts: dict[str, Any]
    subtotal: float
    tax: float
    delivery: float
    discount: float
    credit: float
    total: float
    discount_tax: float = 0
    base: dict[str, Any] = field(default_factory=dict)


# 2 items for 11.00 and 1 for 12.00, tax of 20 % on items; a discount of 10 %. The first seven are
# what orders of a real 2.4.7 hold.
CASES = {
    "tax": _Case(
        {"subtotal": 34, "tax_amount": 6.8, "shipping_amount": 15, "discount_amount": 0},
        *(34, 6.8, 15, 0, 0, 55.8),
    ),
    "tax and discount": _Case(
        {"subtotal": 34, "tax_amount": 6.12, "shipping_amount": 15, "discount_amount": -3.4},
        *(34, 6.12, 15, 3.4, 0, 51.72),
    ),
    "discount on delivery": _Case(
        {"subtotal": 34, "tax_amount": 6.12, "shipping_amount": 15, "discount_amount": -4.9},
        *(34, 6.12, 15, 4.9, 0, 50.22),
    ),
    "prices with tax": _Case(
        {"subtotal": 34, "tax_amount": 9.12, "shipping_amount": 15, "discount_amount": -4.08},
        *(34, 9.12, 15, 4.08, 0, 54.72),
        discount_tax=0.68,
    ),
    "prices with tax, free delivery": _Case(
        {"subtotal": 34, "tax_amount": 6.12, "shipping_amount": 0, "discount_amount": -4.08},
        *(34, 6.12, 0, 4.08, 0, 36.72),
        discount_tax=0.68,
    ),
    "free, delivery discounted": _Case(
        {"subtotal": 34, "tax_amount": 0, "shipping_amount": 15, "discount_amount": -49},
        *(34, 0, 15, 49, 0, 0),
    ),
    "free, prices with tax": _Case(
        {"subtotal": 34, "tax_amount": 0, "shipping_amount": 0, "discount_amount": -40.8},
        *(34, 0, 0, 40.8, 0, 0),
        discount_tax=6.8,
    ),
    "virtual items": _Case(
        {"subtotal": 34, "tax_amount": None, "shipping_amount": None, "discount_amount": None},
        *(34, 0, 0, 0, 0, 34),
    ),
    "another currency than the shop's": _Case(
        {"subtotal": 42.5, "tax_amount": 7.65, "shipping_amount": 18.75, "discount_amount": -4.25},
        *(42.5, 7.65, 18.75, 4.25, 0, 64.65),
        base={
            "base_currency_code": "GBP",
            "base_subtotal": 34,
            "base_tax_amount": 6.12,
            "base_shipping_amount": 15,
            "base_discount_amount": -3.4,
            "base_grand_total": 51.72,
        },
    ),
    "gift card and store credit": _Case(
        {
            "subtotal": 50,
            "tax_amount": 10,
            "shipping_amount": 5,
            "discount_amount": -5,
            "extension_attributes": {"gift_cards_amount": 20, "customer_balance_amount": "15.00"},
        },
        *(50, 10, 5, 5, 35, 25),
    ),
    "paid with credit alone": _Case(
        {
            "subtotal": 50,
            "tax_amount": 10,
            "shipping_amount": 0,
            "discount_amount": 0,
            "extension_attributes": {
                "gift_cards_amount": 0,
                "customer_balance_amount": 40.5,
                "reward_currency_amount": 19.5,
            },
        },
        *(50, 10, 0, 0, 60, 0),
    ),
    "no credit": _Case(
        {
            "subtotal": 34,
            "tax_amount": 0,
            "shipping_amount": 15,
            "discount_amount": 0,
            "extension_attributes": {"gift_cards_amount": None},
        },
        *(34, 0, 15, 0, 0, 49),
    ),
    "Open Source": _Case(
        {
            "subtotal": 34,
            "tax_amount": 0,
            "shipping_amount": 15,
            "discount_amount": -0.0,
            "extension_attributes": [],
        },
        *(34, 0, 15, 0, 0, 49),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_told_amounts_are_those_of_the_order_in_its_currency(
    case: _Case, between: FaultyShop
) -> None:
    item = {
        "entity_id": 9,
        "increment_id": "000000009",
        "quote_id": 1,
        "state": "new",
        "order_currency_code": "EUR",
        "grand_total": case.total,
        **case.amounts,
        **case.base,
    }
    between.behaviour = answers(200, {"items": [item]})
    orders = Orders(MagentoClient(between.url), AccessToken("a-token"), store="default")
    [found] = orders.find_orders_of_quote(1, deadline=Deadline.after(8))
    told = build_order_json(found.as_json())
    assert told == {
        "number": "000000009",
        "state": "new",
        "total": case.total,
        "subtotal": case.subtotal,
        "delivery": case.delivery,
        "tax": case.tax,
        "discount": case.discount,
        "credit": case.credit,
        "currency": "EUR",
    }
    total = told["subtotal"] + told["tax"] + told["delivery"] - told["discount"] - told["credit"]
    assert total + case.discount_tax == pytest.approx(case.total, abs=0.001)


def test_an_order_that_an_earlier_version_found_has_no_credit() -> None:
    amounts = dict.fromkeys(("grand_total", "subtotal", "delivery", "discount", "tax"), "1.00")
    order = {"number": "1", "state": "new", "totals": {**amounts, "currency": "GBP"}}
    assert build_order_json(order)["credit"] == 0
