"""The parameters of a search over REST, as Magento reads them."""

from __future__ import annotations

from handoff.magento.search_criteria import SearchFilter, build_search_criteria


def test_a_search_without_filters_names_its_page_size_alone() -> None:
    assert build_search_criteria(page_size=1) == {"searchCriteria[pageSize]": "1"}


def test_each_filter_is_a_group_of_its_own_so_that_all_have_to_hold() -> None:
    params = build_search_criteria(
        SearchFilter("status", "1"), SearchFilter("visibility", "2,3", "in"), page_size=20, page=2
    )
    group = "searchCriteria[filterGroups]"
    assert params == {
        "searchCriteria[pageSize]": "20",
        "searchCriteria[currentPage]": "2",
        f"{group}[0][filters][0][field]": "status",
        f"{group}[0][filters][0][value]": "1",
        f"{group}[0][filters][0][conditionType]": "eq",
        f"{group}[1][filters][0][field]": "visibility",
        f"{group}[1][filters][0][value]": "2,3",
        f"{group}[1][filters][0][conditionType]": "in",
    }


def test_order_fields_and_kind_of_search_are_named() -> None:
    params = build_search_criteria(
        page_size=5,
        sort_by="entity_id",
        direction="DESC",
        fields="items[sku]",
        request_name="quick_search_container",
    )
    assert params == {
        "searchCriteria[pageSize]": "5",
        "searchCriteria[requestName]": "quick_search_container",
        "searchCriteria[sortOrders][0][field]": "entity_id",
        "searchCriteria[sortOrders][0][direction]": "DESC",
        "fields": "items[sku]",
    }
