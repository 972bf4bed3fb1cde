"""Bags with products of every type: how they are added, and why some are refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from handoff_sandbox.full_catalogue import create_full_catalogue

from handoff.deadline import Deadline
from handoff.magento.quote_models import Quote, QuoteLine
from handoff.magento.quotes import Quotes
from handoff.problems import LinesRefused
from tests.magento.created_quotes import (
    BRITISH,
    build_bag,
    create_quote,
    find_refusals,
    list_quantities,
)
from tests.magento.faulty_shop import Behaviour, Call, FaultyShop
from tests.magento.shop_behaviours import (
    NEVER_STORED,
    answers,
    answers_page,
    behaves_if,
    forwards_to,
)
from tests.running_servers import MAGENTO_VERSIONS, RunningShop, running_shop

RECORDED = Path(__file__).parents[1] / "sandbox" / "recordings" / "products"


@pytest.fixture(scope="module", params=MAGENTO_VERSIONS)
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningShop]:
    """A stand-in shop of each version of Magento that sells all kinds of products."""
    folder = tmp_path_factory.mktemp("shop") / "sessions"
    with running_shop(folder, create_full_catalogue(), magento=request.param) as shop:
        yield shop


def read_shown_lines(shop: RunningShop, quote: Quote) -> dict[str, tuple[str, str]]:
    """Return by sku the name and the chosen options that checkout shows."""
    items = shop.call_rest("GET", f"guest-carts/{quote.masked_id}")["items"]
    totals = shop.call_rest("GET", f"guest-carts/{quote.masked_id}/totals")["items"]
    options = {
        each["item_id"]: " ".join(chosen["value"] for chosen in json.loads(each["options"]))
        for each in totals
    }
    return {item["sku"]: (item["name"], options[item["item_id"]]) for item in items}


# Variants


def test_a_variant_is_added_as_its_product_with_the_option_chosen(
    quotes: Quotes, shop: RunningShop
) -> None:
    quote = create_quote(quotes, ("PC-CONF-S", 2))
    assert list_quantities(quote) == {"PC-CONF-S": 2}
    assert read_shown_lines(shop, quote) == {"PC-CONF-S": ("Jumper", "Small")}


def test_a_variant_in_another_case_is_added_as_its_product_too(
    quotes: Quotes, shop: RunningShop
) -> None:
    quote = create_quote(quotes, ("pc-conf-l", 1), ("ITEM-01", 3))
    assert list_quantities(quote) == {"PC-CONF-L": 1, "ITEM-01": 3}
    assert read_shown_lines(shop, quote)["PC-CONF-L"] == ("Jumper", "Large")


def test_two_variants_of_one_product_are_not_confused(quotes: Quotes, shop: RunningShop) -> None:
    quote = create_quote(quotes, ("PC-CONF-S", 2), ("ITEM-01", 1), ("PC-CONF-L", 3))
    assert list_quantities(quote) == {"PC-CONF-S": 2, "ITEM-01": 1, "PC-CONF-L": 3}
    assert {option for _, option in read_shown_lines(shop, quote).values()} == {
        "Small",
        "Large",
        "",
    }


def test_a_variant_that_was_found_is_not_searched_again(
    quotes: Quotes, between: FaultyShop, shop: RunningShop
) -> None:
    create_quote(quotes, ("PC-CONF-S", 1))
    assert len(between.calls) == 4
    quote = create_quote(quotes, ("pc-conf-s", 2), ("PC-CONF-L", 1), ("ITEM-01", 1))
    assert len(between.calls) == 6
    assert list_quantities(quote) == {"PC-CONF-S": 2, "PC-CONF-L": 1, "ITEM-01": 1}
    assert {option for _, option in read_shown_lines(shop, quote).values()} == {
        "Small",
        "Large",
        "",
    }


def test_an_outdated_cached_variant_is_found_anew(
    quotes: Quotes, between: FaultyShop, shop: RunningShop
) -> None:
    variant = {"product": {"sku": "PC-CONF-S"}, "attributes": [{"uid": "of-yesterday"}]}
    items = [{"sku": "PC-CONF", "variants": [variant]}]
    old = answers(200, {"data": {"products": {"items": items}}})
    between.behaviour = behaves_if(_asks_for_products, old, forwards_to(shop.url))
    create_quote(quotes, ("PC-CONF-S", 1))
    between.behaviour = forwards_to(shop.url)
    quote = create_quote(quotes, ("PC-CONF-S", 3))
    assert list_quantities(quote) == {"PC-CONF-S": 3}
    assert read_shown_lines(shop, quote) == {"PC-CONF-S": ("Jumper", "Small")}


def test_a_bag_without_variants_asks_for_no_products(quotes: Quotes, between: FaultyShop) -> None:
    create_quote(quotes, ("ITEM-01", 1), ("ITEM-02", 2))
    assert len(between.calls) == 2


@pytest.mark.parametrize(
    "found",
    [
        answers_page(404),
        answers(200, {"errors": [{"message": "no search"}]}),
        answers(200, {"data": {"products": {"items": []}}}),
        answers(200, {"data": {"products": {"items": [{"sku": 7, "variants": None}]}}}),
    ],
    ids=["a page", "errors", "nothing", "nonsense"],
)
def test_a_variant_whose_product_is_not_found_is_added_by_its_own_sku(
    quotes: Quotes, between: FaultyShop, shop: RunningShop, found: Behaviour
) -> None:
    between.behaviour = behaves_if(_asks_for_products, found, forwards_to(shop.url))
    quote = create_quote(quotes, ("PC-CONF-S", 2), ("ITEM-01", 1))
    assert list_quantities(quote) == {"PC-CONF-S": 2, "ITEM-01": 1}
    assert read_shown_lines(shop, quote)["PC-CONF-S"] == ("Jumper child Small", "")


def test_a_variant_of_two_products_is_added_by_its_own_sku(
    quotes: Quotes, between: FaultyShop, shop: RunningShop
) -> None:
    variant = {"product": {"sku": "PC-CONF-S"}, "attributes": [{"uid": "a"}]}
    items = [{"sku": sku, "variants": [variant]} for sku in ("PC-CONF", "OUTFIT")]
    two = answers(200, {"data": {"products": {"items": items}}})
    between.behaviour = behaves_if(_asks_for_products, two, forwards_to(shop.url))
    quote = create_quote(quotes, ("PC-CONF-S", 1))
    assert read_shown_lines(shop, quote) == {"PC-CONF-S": ("Jumper child Small", "")}


def test_if_the_shop_refuses_the_options_the_variant_is_added_by_its_own_sku(
    quotes: Quotes, between: FaultyShop, shop: RunningShop
) -> None:
    variant = {"product": {"sku": "PC-CONF-S"}, "attributes": [{"uid": "of-yesterday"}]}
    old = answers(
        200, {"data": {"products": {"items": [{"sku": "PC-CONF", "variants": [variant]}]}}}
    )
    between.behaviour = behaves_if(_asks_for_products, old, forwards_to(shop.url))
    quote = create_quote(quotes, ("PC-CONF-S", 2), ("ITEM-02", 1))
    assert list_quantities(quote) == {"PC-CONF-S": 2, "ITEM-02": 1}


def _asks_for_products(call: Call) -> bool:
    return call.path == "/graphql" and "products(" in call.json["query"]


# Kinds that need no choice


@pytest.mark.parametrize(
    "sku", ["PC-VIRT", "PC-DL-FREE", "PC-HID", "PC-TIER", "PC-BACK", "PC-DEC", "PC-MIN", "PC-INC"]
)
def test_a_product_without_choices_is_added(quotes: Quotes, sku: str) -> None:
    quantity = 12
    assert list_quantities(create_quote(quotes, (sku, quantity), ("ITEM-01", 1))) == {
        sku: quantity,
        "ITEM-01": 1,
    }


def test_gifts_of_the_shop_are_free_lines(quotes: Quotes) -> None:
    quote = create_quote(quotes, ("PC-GIFTER", 1), ("PC-SAME", 2))
    lines = [(line.sku, int(line.quantity), line.is_free) for line in quote.lines]
    assert lines == [
        ("PC-GIFTER", 1, False),
        ("PC-SAME", 2, False),
        ("PC-GIFT", 1, True),
        ("PC-SAME", 1, True),
    ]


# Refusals

REFUSED = {
    ("PC-CONF", 1): "options_required",
    ("PC-OPT-REQ", 1): "options_required",
    ("PC-BUN", 1): "bundle_options_required",
    ("PC-BUN-ONE", 1): "bundle_options_required",
    ("PC-DL-REQ", 1): "links_required",
    ("PC-GRP", 1): "grouped_product",
    ("PC-NOWEB", 1): "not_sold_here",
    ("PC-MIN", 1): "quantity_too_small",
    ("PC-MAX", 6): "quantity_too_large",
    ("PC-INC", 3): "quantity_step",
    ("PC-SOLD", 6): "quantity_unavailable",
    ("PC-OPT-REQ-RED", 1): "unknown_sku",
}


@pytest.mark.parametrize(("line", "code"), REFUSED.items())
def test_a_line_is_refused_with_its_reason(
    quotes: Quotes, line: tuple[str, int], code: str
) -> None:
    assert find_refusals(quotes, line) == {line[0]: code}
    assert find_refusals(quotes, ("ITEM-01", 2), line) == {line[0]: code}


def test_all_refused_lines_get_their_reasons_at_once(quotes: Quotes) -> None:
    assert find_refusals(quotes, *REFUSED) == {sku: code for (sku, _), code in REFUSED.items()}


@pytest.mark.parametrize(
    ("line", "number"), [(("PC-MIN", 1), "3"), (("PC-INC", 3), "4")], ids=["least", "step"]
)
def test_a_refused_quantity_names_the_one_that_is_sold(
    quotes: Quotes, line: tuple[str, int], number: str
) -> None:
    with pytest.raises(LinesRefused) as refused:
        create_quote(quotes, line)
    assert number in refused.value.faults[0].detail


def read_recording(name: str) -> tuple[Any, Any]:
    """Return request and response of the recording whose name ends so."""
    [path] = RECORDED.glob(f"*-{name}.json")
    data = json.loads(path.read_text("utf-8"))
    return data["request"], data["response"]


def speaks_german(shop: RunningShop) -> Behaviour:
    """Refuse in the words of a German shop; the stand-in answers all calls not recorded there."""
    said = {}
    for path in RECORDED.glob("*-german-guest-add-*.json"):
        data = json.loads(path.read_text("utf-8"))
        item = data["request"]["body"]["cartItem"]
        response = data["response"]
        said[item["sku"], item["qty"]] = answers(response["status"], response["body"], NEVER_STORED)
    stand_in = forwards_to(shop.url)

    def behave(call: Call) -> None:
        item = call.json["cartItem"] if call.path.endswith("/items") else {}
        said.get((item.get("sku"), item.get("qty")), stand_in)(call)

    return behave


IN_GERMAN = {
    ("PC-CONF", 1): "options_required",
    ("PC-OPT-REQ", 1): "options_required",
    ("PC-BUN", 1): "bundle_options_required",
    ("PC-DL-REQ", 1): "links_required",
    ("ITEM-OOS", 1): "unavailable",
    ("NO-SUCH", 1): "unknown_sku",
    ("PC-MIN", 1): "quantity_too_small",
    ("PC-MAX", 6): "quantity_unavailable",
    ("PC-SOLD", 6): "quantity_unavailable",
}


def test_refusals_of_a_shop_in_another_language_get_codes(
    quotes: Quotes, between: FaultyShop, shop: RunningShop
) -> None:
    between.behaviour = speaks_german(shop)
    assert find_refusals(quotes, *IN_GERMAN) == {sku: code for (sku, _), code in IN_GERMAN.items()}


def test_a_line_whose_reason_is_not_found_in_time_is_refused(
    quotes: Quotes, between: FaultyShop, shop: RunningShop
) -> None:
    between.behaviour = behaves_if(_asks_for_products, answers_page(502), speaks_german(shop))
    assert find_refusals(quotes, ("PC-CONF", 1), ("NO-SUCH", 1)) == {
        "PC-CONF": "refused",
        "NO-SUCH": "unknown_sku",
    }


@pytest.mark.waiting
def test_reasons_are_not_looked_for_until_the_time_is_over(
    quotes: Quotes, between: FaultyShop, shop: RunningShop
) -> None:
    def takes_its_time(call: Call) -> None:
        call.wait(0.5)
        forwards_to(shop.url)(call)

    between.behaviour = behaves_if(
        lambda call: call.path.endswith("/items"), takes_its_time, forwards_to(shop.url)
    )
    skus = [f"NO-SUCH-{number}" for number in range(10)]
    bag = build_bag(*((sku, 1) for sku in skus))
    with pytest.raises(LinesRefused) as refused:
        quotes.create_quote(bag, store=BRITISH, deadline=Deadline.after(4))
    assert [fault.sku for fault in refused.value.faults] == skus
    assert {fault.code for fault in refused.value.faults} == {"unknown_sku", "refused"}


# A closer look


def test_line_details_have_the_product_skus_and_what_a_rule_made_free(
    quotes: Quotes, between: FaultyShop
) -> None:
    _, cart = read_recording("guest-cart-with-options-and-a-free-line")
    _, closer = read_recording("gql-closer-look-with-options-and-a-free-line")
    for each in closer["body"]["data"]["cart"]["items"]:
        each["prices"]["row_total_including_tax"] = each["prices"]["row_total"]  # there is no tax
        if each["__typename"] == "ConfigurableCartItem":
            each["configured_variant"] = {"sku": "PC-CONF-S"}
    graphql = answers(200, closer["body"])
    between.behaviour = behaves_if(
        lambda call: call.path == "/graphql", graphql, answers(200, cart["body"])
    )
    deadline = Deadline.after(8)
    quote = quotes.fetch_guest_quote("x" * 32, deadline=deadline)
    assert not any(line.is_free or line.sku_without_options for line in quote.lines)
    detailed = quotes.add_line_details(quote, token=None, store=BRITISH, deadline=deadline)
    assert {line.sku: line.sku_without_options for line in detailed.lines} == {
        "PC-OPT-REQ-RED": "PC-OPT-REQ",
        "PC-OPT-FREE-NOTE": "PC-OPT-FREE",
        "PC-OPT-FREE": None,
        "PC-BUN-ITEM-02": "PC-BUN",
        "PC-RFREE": None,
        "PC-CONF-S": None,
    }
    assert [line.sku for line in detailed.lines if line.is_free] == ["PC-RFREE"]


def build_line(prices: dict[str, float], variant: str | None = None) -> dict[str, Any]:
    """Return a line as GraphQL tells it of the only line of the cart below."""
    return {
        "uid": "NzAx",  # 701
        "product": {"sku": "TOWEL"},
        "configured_variant": {"sku": variant} if variant else None,
        "prices": {name: {"value": value} for name, value in prices.items()},
    }


def add_line_details(
    quotes: Quotes, between: FaultyShop, line: dict[str, Any], *, sku: str = "TOWEL"
) -> QuoteLine:
    between.behaviour = answers(200, {"data": {"cart": {"items": [line]}}})
    lines = (QuoteLine(sku, Decimal(1), 701),)
    quote = Quote(1, True, 1, "GBP", lines, None, masked_id="x" * 32)
    deadline = Deadline.after(8)
    [detailed] = quotes.add_line_details(quote, token=None, store=BRITISH, deadline=deadline).lines
    return detailed


@pytest.mark.parametrize(
    ("net", "gross", "discount", "is_free"),
    [
        (100, 119, 0, False),
        (100, 119, 107.1, False),  # 90 % off the price with tax
        (100, 119, 119, True),
        (100, 119, 100, True),  # all of it, where discounts come before tax
        (0, 0, 0, True),
        (-5, -5, 0, False),
    ],
)
def test_a_line_is_free_if_nothing_is_left_to_pay(
    quotes: Quotes, between: FaultyShop, net: float, gross: float, discount: float, is_free: bool
) -> None:
    prices = {"row_total": net, "row_total_including_tax": gross, "total_item_discount": discount}
    assert add_line_details(quotes, between, build_line(prices)).is_free is is_free


@pytest.mark.parametrize(
    ("sku", "sku_without_options"),
    [("TOWEL-S", None), ("TOWEL-S-ENGRAVED", "TOWEL-S"), ("TOWEL-L", None)],
)
def test_a_variant_keeps_its_own_sku_whatever_else_was_chosen(
    quotes: Quotes, between: FaultyShop, sku: str, sku_without_options: str | None
) -> None:
    prices: dict[str, float] = {
        "row_total": 9,
        "row_total_including_tax": 9,
        "total_item_discount": 0,
    }
    line = build_line(prices, variant="TOWEL-S")
    assert (
        add_line_details(quotes, between, line, sku=sku).sku_without_options == sku_without_options
    )


@pytest.mark.parametrize(
    "graphql",
    [answers_page(404), answers(200, {"errors": []}), answers(200, {"data": {"cart": None}})],
)
def test_without_line_details_the_lines_stay_as_they_are(
    quotes: Quotes, between: FaultyShop, shop: RunningShop, graphql: Behaviour
) -> None:
    quote = create_quote(quotes, ("ITEM-01", 2))
    between.behaviour = graphql
    detailed = quotes.add_line_details(quote, token=None, store=BRITISH, deadline=Deadline.after(8))
    assert detailed == quote
