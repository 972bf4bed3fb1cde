"""Cells of CSV files as spreadsheets read them: a text that looks like a formula stays a text."""

from __future__ import annotations

import re

# Some spreadsheets accept other forms of the signs as well: wide, small, raised and lowered ones,
# and the minus of mathematics. Each may split a cell at any of the separators, whatever the file's
# own separator is, and may drop blanks and invisible characters.
_SIGNS = r"=+\-@＝＋－＠﹦﹢﹣﹫⁼⁺⁻₌₊₋\u2212\ufb29"  # noqa: RUF001 - the other forms
_PART_START = r"(^|[;,|\t\r\n])"
_FORMULA = rf"(?='*[\s\u200b-\u200f\u2060\ufeff]*[{_SIGNS}])"
_FORMULA_START = re.compile(_PART_START + _FORMULA)
_ESCAPED_START = re.compile(f"{_PART_START}'{_FORMULA}")


def escape_formulas(text: str) -> str:
    """Return the text with an apostrophe before each part that a spreadsheet would calculate."""
    return _FORMULA_START.sub(r"\1'", text)


def unescape_formulas(text: str) -> str:
    """Return the text as it was before `escape_formulas`."""
    return _ESCAPED_START.sub(r"\1", text)
