"""Cells of CSV files as spreadsheets read them: a text that looks like a formula stays a text."""

from __future__ import annotations

import re

# Some spreadsheets accept the wide forms of the signs as well. Each may split a cell at any of the
# separators, whatever the file's own separator is.
_SIGNS = "=+\\-@＝＋－＠"  # noqa: RUF001 - the wide forms
_FORMULA_START = re.compile(rf"(^|[;,\t\r\n])(?='*\s*[{_SIGNS}])")
_ESCAPED_START = re.compile(rf"(^|[;,\t\r\n])'(?='*\s*[{_SIGNS}])")


def escape_formulas(text: str) -> str:
    """Return the text with an apostrophe before each part that a spreadsheet would calculate."""
    return _FORMULA_START.sub(r"\1'", text)


def unescape_formulas(text: str) -> str:
    """Return the text as it was before `escape_formulas`."""
    return _ESCAPED_START.sub(r"\1", text)
