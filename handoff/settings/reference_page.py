"""Writes docs/settings.md from the Settings model: `make settings-page`."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from handoff.settings.environment_variables import get_variable_name
from handoff.settings.group import DefaultText, SettingsGroup
from handoff.settings.model import Settings

_INTRODUCTION = """\
# Settings

Settings are environment variables. Each can be read from a file instead:
`HANDOFF_SECRET_KEY_FILE=/run/secrets/key`. Every command takes `--env-file FILE` with lines of
`NAME=value`, which win over the environment. Handoff checks all settings at its start and names
every fault at once. A `HANDOFF_…` name that it does not know is logged as `unknown_setting`.

[.env.example](../.env.example) holds all settings with their defaults. Yes and no are written
`true` and `false`. This page is made from the code by `make settings-page`.
"""


def render_page() -> str:
    """Return docs/settings.md: one table for each group of settings."""
    introduction = "\n\n".join(
        " ".join(paragraph.split("\n")) for paragraph in _INTRODUCTION.strip().split("\n\n")
    )
    groups = [base for base in Settings.__bases__ if issubclass(base, SettingsGroup)]
    return introduction + "\n" + "".join(map(_render_group, groups))


def _render_group(group: type[SettingsGroup]) -> str:
    texts = read_field_texts(group)
    rows = [
        _render_row(name, group.model_fields[name], texts[name]) for name in group.__annotations__
    ]
    table = "\n".join(["| name | meaning | default |", "|---|---|---|", *rows])
    return f"\n## {group.get_heading()}\n\n{table}\n"


def read_field_texts(group: type[SettingsGroup]) -> dict[str, str]:
    """Return the string below each field of a group.

    pydantic can read these strings too, but then it does so whenever a program imports the group.
    """
    module = ast.parse(inspect.getsource(group))
    statements = [
        part for node in module.body if isinstance(node, ast.ClassDef) for part in node.body
    ]
    return {
        field.target.id: str(text.value.value)
        for field, text in pairwise(statements)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
    }


def _render_row(name: str, field: FieldInfo, text: str) -> str:
    meaning = " ".join([*text.split(), *_describe_values(field)])
    return f"| `{get_variable_name(name)}` | {meaning} | {_describe_default(field)} |"


def _describe_values(field: FieldInfo) -> Iterator[str]:
    """Yield a sentence with the words or the range that the type allows."""
    for part in [field.annotation, *get_args(field.annotation)]:
        if get_origin(part) is Literal:
            *others, last = (f"`{value}`" for value in get_args(part))
            yield f"{', '.join(others)} or {last}."
    limits = list(_list_metadata(field))
    lowest = [f"{limit.ge:,}" for limit in limits if isinstance(limit, Ge)]
    highest = [f"{limit.le:,}" for limit in limits if isinstance(limit, Le)]
    if highest:
        yield f"{' to '.join([*lowest, *highest])}." if lowest else f"Up to {highest[0]}."


def _list_metadata(field: FieldInfo) -> Iterator[object]:
    """Yield the metadata of a field, and of the members of a union."""
    yield from field.metadata
    for member in get_args(field.annotation):
        for part in getattr(member, "__metadata__", ()):
            yield from part.metadata if isinstance(part, FieldInfo) else (part,)


def _describe_default(field: FieldInfo) -> str:
    for part in field.metadata:
        if isinstance(part, DefaultText):
            return part.words
    if field.is_required():
        return "required"
    if field.default in (None, ()):
        return "none"
    value = json.dumps(field.default).strip('"').removesuffix(".0")
    return f"`{value}`"


if __name__ == "__main__":
    print(render_page(), end="")  # noqa: T201 - this page is what the module is for
