"""The checks of data for the app's features, with one thing wrong at a time."""

from __future__ import annotations

import json
from typing import Any

from flask import Request, Response

from handoff.doctor.check_result import Severity
from tests.doctor.conftest import DoctorRun, RunDoctor
from tests.doctor.modified_shop import Modification, answer_before, answer_path, change_json


def check_data(run_doctor: RunDoctor, *modifications: Modification, **given: Any) -> DoctorRun:
    return run_doctor(*modifications, parts=("data",), **given)


def test_a_good_catalogue_has_no_findings(run_doctor: RunDoctor) -> None:
    run = check_data(run_doctor)
    assert run.report.severity is Severity.OK, run.report.missing_by_owner
    titles = list(run.report.parts["data"])
    assert titles == [
        "Shop",
        "Product list",
        "Product page",
        "Search",
        "Filters",
        "Cart",
        "Account",
    ]


def test_a_category_without_products_is_listed(run_doctor: RunDoctor) -> None:
    def empty(tree: Any) -> None:
        tree["children_data"][0]["product_count"] = 0

    found = check_data(run_doctor, change_json("/categories", empty))
    assert found.find("Products in categories").severity is Severity.WARNING
    assert found.report.missing_by_owner["category 3 Lab things"] == ["products"]


def test_a_shop_without_categories_is_a_fault(run_doctor: RunDoctor) -> None:
    found = check_data(
        run_doctor, change_json("/categories", lambda tree: tree.pop("children_data"))
    )
    assert found.find("Category tree").severity is Severity.FAULT


def test_missing_data_is_listed_by_sku(run_doctor: RunDoctor) -> None:
    def strip(product: Any) -> None:
        product |= {"media_gallery_entries": [], "custom_attributes": [], "price": 0, "name": " "}

    found = check_data(run_doctor, change_json("/products/ITEM-05", strip))
    assert found.report.missing_by_owner == {"ITEM-05": ["name", "price", "picture", "description"]}
    assert found.find("Price").severity is Severity.FAULT
    assert found.find("Picture").severity is Severity.WARNING


def test_a_picture_that_does_not_load_is_listed(run_doctor: RunDoctor) -> None:
    found = check_data(run_doctor, answer_path("/tea-towel.svg", "<h1>Not found</h1>", 404))
    assert found.find("Pictures that load").severity is Severity.WARNING
    assert found.report.missing_by_owner == {"ITEM-01": ["picture that loads (404)"]}


def test_magentos_placeholder_for_a_missing_file_is_no_picture(
    run_doctor: RunDoctor,
) -> None:
    def placeholder(request: Request) -> Response | None:
        known = request.path.endswith(".svg") and "tea-towel" not in request.path
        if "/media/" not in request.path or known:
            return None
        return Response(b"a small grey square", content_type="image/jpeg")

    found = check_data(run_doctor, answer_before(placeholder))
    assert found.report.missing_by_owner == {
        "ITEM-01": ["picture that loads (it is a placeholder)"]
    }


def test_an_html_page_is_no_picture(run_doctor: RunDoctor) -> None:
    found = check_data(run_doctor, answer_path("/tea-towel.svg", "<h1>Hello</h1>", 200))
    assert "ITEM-01" in found.report.missing_by_owner


def test_a_product_with_a_required_option_is_listed(run_doctor: RunDoctor) -> None:
    def engrave(product: Any) -> None:
        product["options"] = [{"title": "Engraving", "is_require": True}]

    found = check_data(run_doctor, change_json("/products/ITEM-02", engrave))
    assert found.find("By sku alone").severity is Severity.WARNING
    assert "ITEM-02" in found.report.missing_by_owner


def test_a_configurable_without_children_is_listed(run_doctor: RunDoctor) -> None:
    def part(product: Any) -> None:
        product["type_id"] = "configurable"
        product["extension_attributes"]["configurable_product_options"] = [{"label": "Size"}]

    found = check_data(run_doctor, change_json("/products/ITEM-03", part))
    assert found.find("Options").severity is Severity.FAULT
    assert "children" in found.report.missing_by_owner["ITEM-03"]


def test_a_search_that_finds_nothing_is_a_fault(run_doctor: RunDoctor) -> None:
    found = check_data(
        run_doctor, change_json("/search", lambda answer: answer.update(total_count=0))
    )
    assert found.find("Words of the catalogue").severity is Severity.FAULT


def test_a_search_that_fails_is_a_fault(run_doctor: RunDoctor) -> None:
    found = check_data(run_doctor, answer_path("/search", {"message": "No alive nodes found"}, 500))
    assert found.find("Search").severity is Severity.FAULT


def test_a_shop_without_filters_is_a_warning(run_doctor: RunDoctor) -> None:
    def only_price(answer: Any) -> None:
        answer["items"] = [{"attribute_code": "price"}]

    found = check_data(run_doctor, change_json("/products/attributes", only_price))
    assert found.find("Filterable attributes").severity is Severity.WARNING


def test_the_sample_has_the_requested_size(run_doctor: RunDoctor) -> None:
    assert check_data(run_doctor).find("Products").seen.startswith("20 of 22")


def limit_pages(size: int) -> Modification:
    """Return what refuses searches over REST as Magento does if it limits the size of a page."""

    def refuse(request: Request) -> Response | None:
        if request.args.get("searchCriteria[pageSize]", default=0, type=int) <= size:
            return None
        body = {"message": "Maximum SearchCriteria pageSize is %max", "parameters": {"max": size}}
        return Response(json.dumps(body), 400, content_type="application/json")

    return answer_before(refuse)


def test_a_limit_of_20_on_the_size_of_pages_hides_nothing(run_doctor: RunDoctor) -> None:
    with_limit = check_data(run_doctor, limit_pages(20), options={"sample_size": 22})
    assert with_limit.report.severity is Severity.OK, with_limit.report.missing_by_owner
    assert with_limit.find("Products").seen.startswith("22 of 22")
    assert (
        with_limit.find("Filterable attributes").seen
        == check_data(run_doctor).find("Filterable attributes").seen
    )


def test_a_lower_limit_on_the_size_of_pages_is_named(run_doctor: RunDoctor) -> None:
    found = check_data(run_doctor, limit_pages(10))
    for name in ("Products", "Filterable attributes"):
        assert "Maximum SearchCriteria pageSize is 10" in found.find(name).seen
        assert "Web API Input Limits" in found.find(name).advice


def test_a_test_bag_without_a_product_is_unknown(run_doctor: RunDoctor) -> None:
    no_products = answer_path("/graphql", {"data": {"products": {"items": []}}})
    found = check_data(run_doctor, limit_pages(10), no_products).find("Test bag")
    assert (found.severity, "--sku" in found.advice) == (Severity.UNKNOWN, True)


def test_without_an_administrator_the_catalogue_is_unknown(run_doctor: RunDoctor) -> None:
    found = check_data(run_doctor, magento_admin_username=None, magento_admin_password=None)
    assert found.find("Category tree").severity is Severity.UNKNOWN
    assert found.find("Test bag").severity is Severity.OK


def test_a_customer_without_a_name_is_reported(run_doctor: RunDoctor) -> None:
    found = check_data(run_doctor, change_json("/customers/me", lambda me: me.update(firstname="")))
    assert found.find("Details").severity is Severity.FAULT
    assert "firstname" in found.find("Details").seen
