"""Bags of products that an earlier quote held exactly: their lines are read once, not twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest
from handoff_sandbox.full_catalogue import create_full_catalogue

from handoff.deadline import Deadline
from handoff.magento.quote_models import Quote
from handoff.magento.quotes import Quotes
from handoff.settings.store_view_models import StoreView
from tests.magento.created_quotes import (
    BRITISH,
    build_bag,
    create_quote,
    find_refusals,
    list_quantities,
)
from tests.magento.faulty_shop import Behaviour, Call, FaultyShop
from tests.magento.shop_behaviours import answers_page, behaves_if, forwards_to
from tests.running_servers import MAGENTO_VERSIONS, RunningShop, running_shop

BAG = (("ITEM-01", 2), ("PC-CONF-S", 1), ("ITEM-02", 1), ("PC-CONF-L", 3))


@pytest.fixture(scope="module", params=MAGENTO_VERSIONS)
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningShop]:
    """A stand-in shop of each version of Magento that sells all kinds of products."""
    folder = tmp_path_factory.mktemp("shop") / "sessions"
    with running_shop(folder, create_full_catalogue(), magento=request.param) as shop:
        yield shop


@pytest.fixture
def known(quotes: Quotes, between: FaultyShop) -> Quote:
    """The first quote of the bag, after which its products are known."""
    quote = create_quote_of_bag(quotes)
    between.calls.clear()
    return quote


def create_quote_of_bag(quotes: Quotes, store: StoreView = BRITISH) -> Quote:
    """Create a quote, and require that it holds exactly the bag."""
    quote = create_quote(quotes, *BAG, store=store)
    assert list_quantities(quote) == dict(BAG)
    return quote


def list_options(shop: RunningShop, quote: Quote) -> list[str]:
    """Return the chosen options that checkout shows of each line."""
    totals = shop.call_rest("GET", f"guest-carts/{quote.masked_id}/totals")
    return [
        " ".join(chosen["value"] for chosen in json.loads(item["options"]))
        for item in totals["items"]
    ]


def count_reads_of_lines(between: FaultyShop) -> int:
    """Return the number of GraphQL documents that ask for the lines of a cart."""
    documents = [call.json["query"] for call in between.calls if call.path == "/graphql"]
    return sum("configured_variant" in document for document in documents)


def test_known_products_need_two_calls_and_show_the_same_cart(
    quotes: Quotes, between: FaultyShop, shop: RunningShop, known: Quote
) -> None:
    quote = create_quote_of_bag(quotes)
    assert [call.method for call in between.calls] == ["POST", "GET"]
    assert count_reads_of_lines(between) == 0
    assert sorted(list_options(shop, quote)) == ["", "", "Large", "Small"]
    assert quote.total == known.total is not None


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("other", "code"),
    [(("NO-SUCH", 1), "unknown_sku"), (("ITEM-FEW", 6), "quantity_unavailable")],
)
def test_another_line_is_refused_with_its_reason(
    quotes: Quotes, between: FaultyShop, other: tuple[str, int], code: str
) -> None:
    assert find_refusals(quotes, *BAG, other) == {other[0]: code}
    assert count_reads_of_lines(between) > 0


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("sku", ["ITEM-01", "PC-CONF-S"])
def test_a_known_product_that_has_sold_out_is_refused_with_its_reason(
    quotes: Quotes, shop: RunningShop, monkeypatch: pytest.MonkeyPatch, sku: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(shop.state.catalogue.find_by_sku(sku), "stock", Decimal(0))
        assert find_refusals(quotes, *BAG) == {sku: "unavailable"}
    create_quote_of_bag(quotes)


@pytest.mark.usefixtures("known")
def test_more_than_is_left_of_a_known_product_is_refused_with_its_reason(
    quotes: Quotes, shop: RunningShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop.state.catalogue.find_by_sku("ITEM-01"), "stock", Decimal(1))
    assert find_refusals(quotes, *BAG) == {"ITEM-01": "quantity_unavailable"}


@pytest.mark.usefixtures("known")
def test_a_cart_that_is_not_the_bag_is_built_anew_with_its_lines_read(
    quotes: Quotes, between: FaultyShop, shop: RunningShop
) -> None:
    between.behaviour = _swaps_items_unless_lines_are_read(shop)
    quote = create_quote_of_bag(quotes)
    assert count_reads_of_lines(between) > 0
    assert "Small" in list_options(shop, quote)


@pytest.mark.usefixtures("known")
def test_without_graphql_rest_fills_the_cart_of_known_products(
    quotes: Quotes, between: FaultyShop, shop: RunningShop
) -> None:
    is_graphql = behaves_if(
        lambda call: call.path == "/graphql", answers_page(404), forwards_to(shop.url)
    )
    between.behaviour = is_graphql
    create_quote_of_bag(quotes)


@pytest.mark.usefixtures("known")
def test_products_are_known_in_their_own_store_view_only(
    quotes: Quotes, between: FaultyShop
) -> None:
    other = BRITISH.model_copy(update={"code": "all"})
    create_quote_of_bag(quotes, store=other)
    assert count_reads_of_lines(between) > 0


def test_a_sku_in_another_case_costs_no_more_calls_the_second_time(
    quotes: Quotes, between: FaultyShop
) -> None:
    bag = build_bag(("item-01", 1), ("ITEM-02", 2))
    counts = []
    for _ in range(3):
        between.calls.clear()
        quote = quotes.create_quote(bag, store=BRITISH, deadline=Deadline.after(8))
        assert {line.sku: line.quantity for line in quote.lines} == {"ITEM-01": 1, "ITEM-02": 2}
        counts.append(len(between.calls))
    assert max(counts) == counts[0]


def _swaps_items_unless_lines_are_read(shop: RunningShop) -> Behaviour:
    """Put another product into carts whose lines are not asked for, as a stale choice would."""
    stand_in = forwards_to(shop.url)

    def behave(call: Call) -> None:
        if call.path == "/graphql" and "configured_variant" not in call.json["query"]:
            asked = call.json
            for item in asked["variables"].get("items0", ()):
                item["sku"] = "ITEM-05" if item["sku"] == "ITEM-01" else item["sku"]
            call.body = json.dumps(asked).encode()
        stand_in(call)

    return behave
