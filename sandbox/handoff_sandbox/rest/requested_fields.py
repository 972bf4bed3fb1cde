"""The `fields` parameter, with which callers select parts of an answer."""

from __future__ import annotations

import re

from flask import request


def keep_requested_fields(data: object) -> object:
    """Return the fields that the query's `fields=a,b[c,d]` names, or all without it."""
    wanted = request.args.get("fields")
    return data if wanted is None else _keep_fields(data, _parse_fields(wanted))


def _keep_fields(data: object, tree: dict[str, object]) -> object:
    if isinstance(data, list):
        # Magento answers null for an empty list.
        return [_keep_fields(item, tree) for item in data] or None
    if not isinstance(data, dict):
        return data
    kept: dict[str, object] = {}
    for name, value in data.items():
        branch = tree.get(name, "absent")
        if branch != "absent":
            kept[name] = _keep_fields(value, branch) if isinstance(branch, dict) else value
    return kept or []  # PHP's spelling of an object without fields


def _parse_fields(text: str) -> dict[str, object]:
    root: dict[str, object] = {}
    open_trees = [root]
    for name, sign in re.findall(r"([^,\[\]]*)([,\[\]]|$)", text):
        if name:
            branch: dict[str, object] | None = {} if sign == "[" else None
            open_trees[-1][name] = branch
            if branch is not None:
                open_trees.append(branch)
        if sign == "]" and len(open_trees) > 1:
            open_trees.pop()
    return root
