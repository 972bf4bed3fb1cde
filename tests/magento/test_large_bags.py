"""Bags of many lines: they arrive exactly, in GraphQL documents of limited size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest
from handoff_sandbox.catalogue import Catalogue, Product, ProductType

from handoff.deadline import Deadline
from handoff.magento.quotes import Quotes
from tests.magento.created_quotes import BRITISH, build_bag
from tests.magento.faulty_shop import FaultyShop
from tests.running_servers import MAGENTO_VERSIONS, RunningShop, running_shop

MANY = Decimal(10_000)


def create_large_catalogue() -> Catalogue:
    """Return 100 simple products, and a configurable product with 30 variants."""
    simple = [Product(n, f"SKU-{n}", f"Item {n}", Decimal(n), MANY) for n in range(1, 101)]
    variants = [
        Product(100 + n, f"SHIRT-{n}", f"Shirt {n}", Decimal(20), MANY, has_page=False)
        for n in range(1, 31)
    ]
    shirt = Product(200, "SHIRT", "Shirt", Decimal(20), MANY, needs_choice=True)
    shirt.type = ProductType.CONFIGURABLE
    shirt.parts = {f"uid-{n}": variant for n, variant in enumerate(variants)}
    return Catalogue([*simple, *variants, shirt])


@pytest.fixture(scope="module", params=MAGENTO_VERSIONS)
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningShop]:
    sessions = tmp_path_factory.mktemp("shop") / "sessions"
    with running_shop(sessions, create_large_catalogue(), magento=request.param) as shop:
        yield shop


def create_quote(quotes: Quotes, lines: dict[str, int]) -> dict[str, int]:
    bag = build_bag(*lines.items())
    quote = quotes.create_quote(bag, store=BRITISH, deadline=Deadline.after(20))
    return {line.sku: int(line.quantity) for line in quote.lines}


@pytest.mark.parametrize("count", [21, 30, 100])
def test_a_bag_of_many_products_arrives_exactly(
    quotes: Quotes, between: FaultyShop, count: int
) -> None:
    lines = {f"SKU-{number}": number for number in range(1, count + 1)}
    assert create_quote(quotes, lines) == lines
    assert [call.method for call in between.calls] == ["POST", "GET"]


@pytest.mark.parametrize("count", [9, 10, 11, 30])
def test_a_bag_of_many_variants_arrives_with_their_options(
    quotes: Quotes, shop: RunningShop, between: FaultyShop, count: int
) -> None:
    lines = {f"SHIRT-{number}": number for number in range(1, count + 1)} | {"SKU-1": 5}
    assert create_quote(quotes, lines) == lines
    quote = shop.state.quotes.by_number[max(shop.state.quotes.by_number)]
    assert {line.product.sku for line in quote.lines} == {"SHIRT", "SKU-1"}
    documents = [call.json["query"] for call in between.calls if call.path == "/graphql"]
    aliases = [len(re.findall(r"\bround[0-9]+:", document)) for document in documents]
    assert max(aliases) <= 10
    assert sum(aliases) == 1 + count  # first as simple products, then one by one
