"""The query parameters of Magento's searches over REST (`searchCriteria`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """A condition that every result meets. For the condition `in`, the value is comma-separated."""

    field: str
    value: str
    condition: str = "eq"


def build_search_criteria(
    *filters: SearchFilter,
    page_size: int,
    page: int | None = None,
    sort_by: str | None = None,
    direction: Literal["ASC", "DESC"] = "ASC",
    fields: str | None = None,
    request_name: str | None = None,
) -> dict[str, str]:
    """Return the parameters of one page of a search; results meet all filters.

    `page` counts from 1. `fields` restricts the answer, as in `items[sku]`. `request_name` names
    the kind of a full-text search.
    """
    criteria = {
        "pageSize": str(page_size),
        **({"currentPage": str(page)} if page else {}),
        **({"requestName": request_name} if request_name else {}),
    }
    if sort_by:
        criteria |= {"sortOrders][0][field": sort_by, "sortOrders][0][direction": direction}
    for number, condition in enumerate(filters):
        group = f"filterGroups][{number}][filters][0]"
        criteria |= {
            f"{group}[field": condition.field,
            f"{group}[value": condition.value,
            f"{group}[conditionType": condition.condition,
        }
    params = {f"searchCriteria[{name}]": value for name, value in criteria.items()}
    return params | ({"fields": fields} if fields else {})
