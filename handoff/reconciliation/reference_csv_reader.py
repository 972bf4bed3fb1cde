"""Reads references from a CSV file, as a spreadsheet or Poq's export writes it."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence

from handoff.ledger.models import is_uuid, simplify_reference
from handoff.reconciliation.csv_cells import unescape_formulas

_DELIMITERS = "\t;,|"  # the comma late, because many spreadsheets write 1,5 for a number
_ROWS_FOR_DELIMITER = 50
_SEPARATOR_LINE = re.compile(r"""[\s"']*sep ?= ?["']*([^"'\r\n])["']*[;,|\t ]*""", re.IGNORECASE)
_HEADING = "reference"
# The word in English, German, French, Spanish, Dutch and Polish, in Italian, and shortened.
_HEADING_WORD = re.compile(r"refer|riferi|ref$")
_FORMULA_OF_TEXT = re.compile('^="(.*)"$')  # so that a spreadsheet does not read a number
_CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])")


class NoSuchColumn(Exception):
    """The file has no column of this name; `columns` are the names that it has."""

    def __init__(self, columns: list[str]) -> None:
        super().__init__()
        self.columns = columns


class AmbiguousColumns(NoSuchColumn):
    """Several columns may hold the references; `columns` are their names."""


def read_references(content: bytes, *, column: str | None = None) -> list[str]:
    """Return the references of a file in UTF-8 or UTF-16, each once, in the order of the file.

    They are in the column with the heading `column`. By default this is `reference`, or the only
    heading with this word. Without such a heading, it is the only column of UUIDs, or the first
    one. Cells are separated by commas, semicolons, tabs or bars, or as a first line `sep=;` says.
    Raises NoSuchColumn, AmbiguousColumns, csv.Error, and UnicodeDecodeError.
    """
    rows = _read_rows(_decode(content))
    if not rows:
        return []
    index, has_heading = _determine_column(rows, column)
    cells = (_get_cell(row, index) for row in rows[has_heading:])
    texts = (_FORMULA_OF_TEXT.sub(r"\1", cell) for cell in cells)
    return remove_duplicates(unescape_formulas(text) for text in texts if text)


def remove_duplicates(references: Iterable[str]) -> list[str]:
    """Return the references without repetitions, also in another spelling."""
    spellings: dict[str, str] = {}
    for reference in references:
        spellings.setdefault(simplify_reference(reference), reference)
    return list(spellings.values())


def _decode(content: bytes) -> str:
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = content.decode("utf-16" if is_utf16 else "utf-8-sig")
    if "\0" in text:  # UTF-16 without a byte order mark, or no text
        raise csv.Error
    return text


def _read_rows(text: str) -> list[list[str]]:
    lines = [line for line in io.StringIO(text, newline=None) if line.strip()]
    separator = _SEPARATOR_LINE.fullmatch(lines[0].rstrip("\n")) if lines else None
    if separator:
        return list(csv.reader(lines[1:], delimiter=separator[1]))
    return list(csv.reader(lines, delimiter=_choose_delimiter(lines)))


def _choose_delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter with which most rows have as many cells as the first."""

    def rate(delimiter: str) -> tuple[int, int]:
        rows = list(csv.reader(lines[:_ROWS_FOR_DELIMITER], delimiter=delimiter))
        width = len(rows[0]) if rows else 0
        return (0, 0) if width < 2 else (sum(len(row) == width for row in rows), width)

    return max(_DELIMITERS, key=rate)


def _determine_column(rows: Sequence[Sequence[str]], column: str | None) -> tuple[int, bool]:
    """Return the index of the column with the references, and whether the first row is a heading.

    Raises NoSuchColumn and AmbiguousColumns.
    """
    headings = [_normalize_heading(cell) for cell in rows[0]]
    wanted = _normalize_heading(column or _HEADING)
    if wanted in headings:
        return headings.index(wanted), True
    if column is not None:
        raise NoSuchColumn([cell.strip() for cell in rows[0]])
    named = [index for index, heading in enumerate(headings) if _is_reference_heading(heading)]
    if len(named) > 1:
        raise AmbiguousColumns([rows[0][index].strip() for index in named])
    if named:
        return named[0], True
    of_uuids = [index for index in range(len(headings)) if _has_only_uuids(rows[1:], index)]
    index = of_uuids[0] if len(of_uuids) == 1 else 0
    return index, index in of_uuids and not is_uuid(_get_cell(rows[0], index))


def _normalize_heading(text: str) -> str:
    """Return the words of a heading in lower case and without accents, separated by blanks."""
    plain = unicodedata.normalize("NFKD", _CAMEL_CASE.sub(" ", text))
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(re.split(r"[\W_]+", letters.casefold())).strip()


def _is_reference_heading(heading: str) -> bool:
    # A cell with digits is a reference itself, such as ref-1001.
    has_digits = any(char.isdigit() for char in heading)
    return not has_digits and any(_HEADING_WORD.match(word) for word in heading.split())


def _has_only_uuids(rows: Sequence[Sequence[str]], index: int) -> bool:
    cells = [cell for row in rows if (cell := _get_cell(row, index))]
    return bool(cells) and all(map(is_uuid, cells))


def _get_cell(row: Sequence[str], index: int) -> str:
    return row[index].strip() if index < len(row) else ""
