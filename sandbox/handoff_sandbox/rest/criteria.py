"""Magento's searchCriteria."""

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
class Filter:
    field: str
    value: str
    condition: str = "eq"

    def allows(self, held: object) -> bool:
        actual = "" if held is None else str(held)
        comparisons: dict[str, Callable[[], bool]] = {
            "eq": lambda: actual == self.value,
            "neq": lambda: actual != self.value,
            "in": lambda: actual in self.value.split(","),
            "nin": lambda: actual not in self.value.split(","),
            "gt": lambda: _comparable(actual) > _comparable(self.value),
            "gteq": lambda: _comparable(actual) >= _comparable(self.value),
            "from": lambda: _comparable(actual) >= _comparable(self.value),
            "lt": lambda: _comparable(actual) < _comparable(self.value),
            "lteq": lambda: _comparable(actual) <= _comparable(self.value),
            "to": lambda: _comparable(actual) <= _comparable(self.value),
            "like": lambda: self.value.strip("%").lower() in actual.lower(),
            "null": lambda: held is None,
            "notnull": lambda: held is not None,
        }
        return comparisons.get(self.condition, lambda: False)()


@dataclass(frozen=True, slots=True)
class Criteria:
    """Groups must all hold; within a group one filter is enough."""

    groups: tuple[tuple[Filter, ...], ...] = ()
    sort: tuple[tuple[str, str], ...] = ()
    page_size: int | None = None
    page: int | None = None
    request_name: str | None = None

    def select(self, rows: Iterable[Mapping[str, object]]) -> list[Mapping[str, object]]:
        """Give all rows that match, in order; paging is `cut`'s."""
        found = [row for row in rows if self._allows(row)]
        for name, direction in reversed(self.sort):
            found.sort(key=lambda row: _comparable(str(row.get(name))), reverse=direction == "DESC")
        return found

    def cut(self, rows: list[T]) -> list[T]:
        if self.page_size is None:
            return rows
        start = ((self.page or 1) - 1) * self.page_size
        return rows[start : start + self.page_size]

    def used_fields(self) -> set[str]:
        return {one.field for group in self.groups for one in group} | {n for n, _ in self.sort}

    def shape(self) -> dict[str, object]:
        shape: dict[str, object] = {}
        if self.request_name is not None:
            shape["request_name"] = self.request_name
        shape["filter_groups"] = [
            {
                "filters": [
                    {"field": one.field, "value": one.value, "condition_type": one.condition}
                    for one in group
                ]
            }
            for group in self.groups
        ]
        if self.sort:
            shape["sort_orders"] = [{"field": f, "direction": d} for f, d in self.sort]
        if self.page_size is not None:
            shape["page_size"] = self.page_size
        if self.page is not None:
            shape["current_page"] = self.page
        return shape

    def _allows(self, row: Mapping[str, object]) -> bool:
        return all(any(one.allows(row.get(one.field)) for one in group) for group in self.groups)


def criteria_of_request() -> Criteria:
    """Read `searchCriteria[…]` from the query string, or raise InputError where there is none."""
    given = [tree for name in ROOTS if (tree := _tree(name)) is not None]
    if not given:
        raise InputError.missing(ROOTS[0])
    tree = given[0]
    groups = _branches(tree, "filterGroups", "filter_groups")
    orders = _branches(tree, "sortOrders", "sort_orders")
    return Criteria(
        groups=tuple(tuple(_filter(one) for one in _branches(g, "filters")) for g in groups),
        sort=tuple((_leaf(o, "field"), _leaf(o, "direction").upper()) for o in orders),
        page_size=_whole(_leaf(tree, "pageSize", "page_size")),
        page=_whole(_leaf(tree, "currentPage", "current_page")),
        request_name=_leaf(tree, "requestName", "request_name") or None,
    )


def _tree(root: str) -> dict[str, object] | None:
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


def _branches(tree: dict[str, object], *names: str) -> list[dict[str, object]]:
    for name in names:
        branch = tree.get(name)
        if isinstance(branch, dict):
            return [branch[key] for key in sorted(branch) if isinstance(branch[key], dict)]
    return []


def _leaf(tree: dict[str, object], *names: str) -> str:
    return next((str(tree[name]) for name in names if name in tree), "")


def _filter(tree: dict[str, object]) -> Filter:
    condition = _leaf(tree, "conditionType", "condition_type") or "eq"
    return Filter(_leaf(tree, "field"), _leaf(tree, "value"), condition)


def _whole(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _comparable(text: str) -> tuple[int, float, str]:
    try:
        return (0, float(text), "")
    except ValueError:
        return (1, 0.0, text)
