"""Merges settings into an env file, and keeps what the administrator has written."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from io import StringIO

from dotenv import dotenv_values
from dotenv.parser import parse_stream

HEADER = (
    "# The settings of Handoff. `handoff init` writes this file, and keeps what you change.\n"
    "# docs/settings.md explains each setting. Restart the service after a change.\n"
)
# Values that init makes itself, or that must not change: a difference says nothing of the shop.
_NEVER_REPLACED = {
    "HANDOFF_API_KEYS",
    "HANDOFF_SECRET_KEY",
    "HANDOFF_STORED_SESSION_KEYS",
    "HANDOFF_DATABASE_URL",
}
_SECRETS = re.compile("KEY|SECRET|PASSWORD|TOKEN")
# A password that somebody has written without %-encoding may hold each of these signs.
_URL_PASSWORD = re.compile(r"(?<=://)([^:@/]*):.*@")
_EXAMPLE = re.compile(r"//(?:www\.)?shop\.example(?:[/:]|$)|:a-password@")
_SAFE_VALUE = re.compile(r"[^\s'\"#\\$`]*|\[[^\n'#\\$`]*\]")


@dataclass(frozen=True, slots=True)
class EnvFileMerge:
    """The new text, and the settings whose value in the file is not what the shop says now."""

    text: str
    differing: Mapping[str, tuple[str, str]]
    """The value in the file, which stays, and that of the shop, by the name of the variable."""
    added: tuple[str, ...]


def merge_env_file(
    current: str, planned: Mapping[str, str], *, replaced: Collection[str]
) -> EnvFileMerge:
    """Add the planned settings to a file's text. Empty values and examples are replaced.

    Other values are kept, except those of the names in `replaced`. Keys are kept in any case.
    """
    values = read_values(current)
    text, added, differing = current or HEADER, [], {}
    for name, value in planned.items():
        old = values.get(name) or ""
        if f"{name}_FILE" in values or old == value:
            continue
        if old and not is_example(old) and (name in _NEVER_REPLACED or name not in replaced):
            if name not in _NEVER_REPLACED:
                differing[name] = (old, value)
            continue
        text = _replace_or_append_value(text, name, value)
        added.append(name)
    return EnvFileMerge(text, differing, tuple(added))


def read_values(text: str) -> dict[str, str]:
    """Return the settings in the text of a file, as `--env-file` reads them."""
    found = dotenv_values(stream=StringIO(text), interpolate=False)
    return {name: value for name, value in found.items() if value is not None}


def find_unreadable_line(text: str) -> int | None:
    """Return the number of the first line that is no statement, such as one with an open quote."""
    statements = parse_stream(StringIO(text))
    return next((each.original.line for each in statements if each.error), None)


def hide_secrets(line: str) -> str:
    """Return a line of an env file without the keys and passwords in it."""
    name, equals, value = line.partition("=")
    if not equals or not value.strip():
        return line
    if _SECRETS.search(name) and not name.strip().endswith("_FILE"):
        return f"{name}=…"
    shown = _URL_PASSWORD.sub(r"\1:…@", value)
    return f"{name}={shown}"


def _replace_or_append_value(text: str, name: str, value: str) -> str:
    """Replace the last statement of this setting, or append one. A value may have several lines."""
    line = f"{name}={_escape_value(value)}"
    statements = list(parse_stream(StringIO(text)))
    places = [index for index, each in enumerate(statements) if each.key == name]
    if not places:
        return f"{text.rstrip()}\n{line}\n"
    parts = [each.original.string for each in statements]
    blank = re.match(r"\s*", parts[places[-1]])
    parts[places[-1]] = f"{blank[0] if blank else ''}{line}\n"
    return "".join(parts)


def _escape_value(value: str) -> str:
    if _SAFE_VALUE.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def is_example(value: str) -> bool:
    """Return whether a value is one of .env.example, which works nowhere."""
    return bool(_EXAMPLE.search(value))
