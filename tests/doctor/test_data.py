"""The data behind the app's features, with one thing wrong at a time."""

from __future__ import annotations

from typing import Any

from flask import Request, Response

from handoff.doctor import Verdict
from tests.doctor.ailing import Ailment, answers, changes, instead
from tests.doctor.conftest import Examine, Examined


def data(examined: Examine, *ailments: Ailment, **given: Any) -> Examined:
    return examined(*ailments, parts=("data",), **given)


def test_a_healthy_catalogue_has_no_findings(examined: Examine) -> None:
    healthy = data(examined)
    assert healthy.report.verdict is Verdict.OK, healthy.report.to_mend
    titles = [section.title for part in healthy.report.parts for section in part.sections]
    assert titles == [
        "Shop",
        "Product list",
        "Product page",
        "Search",
        "Filters",
        "Cart",
        "Account",
    ]


def test_a_category_without_products_is_listed(examined: Examine) -> None:
    def empty(tree: Any) -> None:
        tree["children_data"][0]["product_count"] = 0

    found = data(examined, changes("/categories", empty))
    assert found.finding("Products in categories").verdict is Verdict.WARNING
    assert found.report.to_mend["category 3 Lab things"] == ["products"]


def test_a_shop_without_categories_is_a_fault(examined: Examine) -> None:
    found = data(examined, changes("/categories", lambda tree: tree.pop("children_data")))
    assert found.finding("Category tree").verdict is Verdict.FAULT


def test_what_a_product_lacks_is_listed_by_its_sku(examined: Examine) -> None:
    def strip(product: Any) -> None:
        product |= {"media_gallery_entries": [], "custom_attributes": [], "price": 0, "name": " "}

    found = data(examined, changes("/products/ITEM-05", strip))
    assert found.report.to_mend == {"ITEM-05": ["name", "price", "picture", "description"]}
    assert found.finding("Price").verdict is Verdict.FAULT
    assert found.finding("Picture").verdict is Verdict.WARNING


def test_a_picture_that_does_not_load_is_listed(examined: Examine) -> None:
    found = data(examined, answers("/tea-towel.svg", "<h1>Not found</h1>", 404))
    assert found.finding("Pictures that load").verdict is Verdict.WARNING
    assert found.report.to_mend == {"ITEM-01": ["picture that loads (404)"]}


def test_the_placeholder_that_magento_gives_for_a_lost_file_is_no_picture(
    examined: Examine,
) -> None:
    def placeholder(request: Request) -> Response | None:
        known = request.path.endswith(".svg") and "tea-towel" not in request.path
        if "/media/" not in request.path or known:
            return None
        return Response(b"a small grey square", content_type="image/jpeg")

    found = data(examined, instead(placeholder))
    assert found.report.to_mend == {"ITEM-01": ["picture that loads (a placeholder comes)"]}


def test_a_page_in_place_of_a_picture_is_no_picture(examined: Examine) -> None:
    found = data(examined, answers("/tea-towel.svg", "<h1>Hello</h1>", 200))
    assert "ITEM-01" in found.report.to_mend


def test_a_product_that_asks_for_an_engraving_is_listed(examined: Examine) -> None:
    def engrave(product: Any) -> None:
        product["options"] = [{"title": "Engraving", "is_require": True}]

    found = data(examined, changes("/products/ITEM-02", engrave))
    assert found.finding("By sku alone").verdict is Verdict.WARNING
    assert "ITEM-02" in found.report.to_mend


def test_a_configurable_without_children_is_listed(examined: Examine) -> None:
    def part(product: Any) -> None:
        product["type_id"] = "configurable"
        product["extension_attributes"]["configurable_product_options"] = [{"label": "Size"}]

    found = data(examined, changes("/products/ITEM-03", part))
    assert found.finding("Options").verdict is Verdict.FAULT
    assert "children" in found.report.to_mend["ITEM-03"]


def test_a_search_that_finds_nothing_is_a_fault(examined: Examine) -> None:
    found = data(examined, changes("/search", lambda answer: answer.update(total_count=0)))
    assert found.finding("Words of the catalogue").verdict is Verdict.FAULT


def test_a_search_that_is_away_is_a_fault(examined: Examine) -> None:
    found = data(examined, answers("/search", {"message": "No alive nodes found"}, 500))
    assert found.finding("Search").verdict is Verdict.FAULT


def test_a_shop_without_filters_is_a_warning(examined: Examine) -> None:
    def only_price(answer: Any) -> None:
        answer["items"] = [{"attribute_code": "price"}]

    found = data(examined, changes("/products/attributes", only_price))
    assert found.finding("Filterable attributes").verdict is Verdict.WARNING


def test_the_sample_is_as_large_as_it_was_asked_to_be(examined: Examine) -> None:
    assert data(examined).finding("Products").seen.startswith("20 of 22")


def test_without_an_administrator_the_catalogue_is_unknown(examined: Examine) -> None:
    found = data(examined, magento_admin_username=None, magento_admin_password=None)
    assert found.finding("Category tree").verdict is Verdict.UNKNOWN
    assert found.finding("Test bag").verdict is Verdict.OK


def test_a_customer_without_a_name_is_told(examined: Examine) -> None:
    found = data(examined, changes("/customers/me", lambda me: me.update(firstname="")))
    assert found.finding("Details").verdict is Verdict.FAULT
    assert "firstname" in found.finding("Details").seen
