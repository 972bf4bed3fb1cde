"""Magento's searchCriteria, read from a query string and applied to rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from flask import request

from handoff_sandbox.errors import InputError

T = TypeVar("T")
ROOTS = ("searchCriteria", "search_criteria")
KEY = re.compile(r"\[([^\]]*)\]")


@dataclass(frozen=True, slots=True)
class CriteriaFilter:
    """A condition on one field."""

    field: str
    value: str
    condition: str = "eq"

    def is_met_by(self, field_value: object) -> bool:
        """Return whether a field's value meets the condition."""
        actual = "" if field_value is None else str(field_value)
        comparisons: dict[str, Callable[[], bool]] = {
            "eq": lambda: actual == self.value,
            "neq": lambda: actual != self.value,
            "in": lambda: actual in self.value.split(","),
            "nin": lambda: actual not in self.value.split(","),
            "gt": lambda: _convert_for_comparison(actual) > _convert_for_comparison(self.value),
            "gteq": lambda: _convert_for_comparison(actual) >= _convert_for_comparison(self.value),
            "from": lambda: _convert_for_comparison(actual) >= _convert_for_comparison(self.value),
            "lt": lambda: _convert_for_comparison(actual) < _convert_for_comparison(self.value),
            "lteq": lambda: _convert_for_comparison(actual) <= _convert_for_comparison(self.value),
            "to": lambda: _convert_for_comparison(actual) <= _convert_for_comparison(self.value),
            "like": lambda: self.value.strip("%").lower() in actual.lower(),
            "null": lambda: field_value is None,
            "notnull": lambda: field_value is not None,
        }
        return comparisons.get(self.condition, lambda: False)()


@dataclass(frozen=True, slots=True)
class SearchCriteria:
    """The conditions of a search. A row must match one filter of each group."""

    groups: tuple[tuple[CriteriaFilter, ...], ...] = ()
    sort: tuple[tuple[str, str], ...] = ()
    page_size: int | None = None
    page: int | None = None
    request_name: str | None = None

    def select(self, rows: Iterable[Mapping[str, object]]) -> list[Mapping[str, object]]:
        """Return all rows that match, sorted."""
        found = [row for row in rows if self._is_met_by(row)]
        for name, direction in reversed(self.sort):
            found.sort(
                key=lambda row: _convert_for_comparison(str(row.get(name))),
                reverse=direction == "DESC",
            )
        return found

    def select_page(self, rows: list[T]) -> list[T]:
        """Return the rows of the requested page."""
        if self.page_size is None:
            return rows
        start = ((self.page or 1) - 1) * self.page_size
        return rows[start : start + self.page_size]

    def list_fields(self) -> set[str]:
        """Return the fields that the filters and the sort order use."""
        filtered = {found.field for group in self.groups for found in group}
        return filtered | {name for name, _ in self.sort}

    def serialize(self) -> dict[str, object]:
        """Return the criteria as answers repeat them."""
        data: dict[str, object] = {}
        if self.request_name is not None:
            data["request_name"] = self.request_name
        data["filter_groups"] = [
            {
                "filters": [
                    {"field": found.field, "value": found.value, "condition_type": found.condition}
                    for found in group
                ]
            }
            for group in self.groups
        ]
        if self.sort:
            data["sort_orders"] = [{"field": f, "direction": d} for f, d in self.sort]
        if self.page_size is not None:
            data["page_size"] = self.page_size
        if self.page is not None:
            data["current_page"] = self.page
        return data

    def _is_met_by(self, row: Mapping[str, object]) -> bool:
        return all(
            any(found.is_met_by(row.get(found.field)) for found in group) for group in self.groups
        )


def read_search_criteria() -> SearchCriteria:
    """Return the `searchCriteria[…]` of the query string, or raise InputError if there is none."""
    given = [tree for name in ROOTS if (tree := _read_tree(name)) is not None]
    if not given:
        raise InputError.build_for_missing_field(ROOTS[0])
    tree = given[0]
    groups = _list_branches(tree, "filterGroups", "filter_groups")
    orders = _list_branches(tree, "sortOrders", "sort_orders")
    return SearchCriteria(
        groups=tuple(
            tuple(_read_filter(tree) for tree in _list_branches(g, "filters")) for g in groups
        ),
        sort=tuple(
            (_read_first_given(o, "field"), _read_first_given(o, "direction").upper())
            for o in orders
        ),
        page_size=_read_number(_read_first_given(tree, "pageSize", "page_size")),
        page=_read_number(_read_first_given(tree, "currentPage", "current_page")),
        request_name=_read_first_given(tree, "requestName", "request_name") or None,
    )


def _read_tree(root: str) -> dict[str, object] | None:
    tree: dict[str, object] | None = None
    for key, value in request.args.items():
        if key != root and not key.startswith(f"{root}["):
            continue
        tree = {} if tree is None else tree
        names = KEY.findall(key)
        branch = tree
        for name in names[:-1]:
            child = branch.setdefault(name, {})
            branch = child if isinstance(child, dict) else {}
        if names:
            branch[names[-1]] = value
    return tree


def _list_branches(tree: dict[str, object], *names: str) -> list[dict[str, object]]:
    for name in names:
        branch = tree.get(name)
        if isinstance(branch, dict):
            return [branch[key] for key in sorted(branch) if isinstance(branch[key], dict)]
    return []


def _read_first_given(tree: dict[str, object], *names: str) -> str:
    return next((str(tree[name]) for name in names if name in tree), "")


def _read_filter(tree: dict[str, object]) -> CriteriaFilter:
    condition = _read_first_given(tree, "conditionType", "condition_type") or "eq"
    return CriteriaFilter(
        _read_first_given(tree, "field"), _read_first_given(tree, "value"), condition
    )


def _read_number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _convert_for_comparison(text: str) -> tuple[int, float, str]:
    try:
        return (0, float(text), "")
    except ValueError:
        return (1, 0.0, text)
