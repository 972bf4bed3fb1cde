"""Reads references from a CSV file, as a spreadsheet or Poq's export writes it."""

from __future__ import annotations

import csv
from collections.abc import Iterable

from handoff.ledger.models import simplify_reference

_HEADING = "reference"


class NoSuchColumn(Exception):
    """The file has no column of this name; `columns` are the names that it has."""

    def __init__(self, columns: list[str]) -> None:
        super().__init__()
        self.columns = columns


def read_references(lines: Iterable[str], *, column: str | None = None) -> list[str]:
    """Return the references of a file, each once, in the order of the file.

    They are in the column with the heading `column`, by default `reference` in upper or lower case.
    Without such a heading, they are in the first column, from the first line on. Cells are
    separated by commas, semicolons or tabs.
    Raises NoSuchColumn, and csv.Error.
    """
    text = [line for line in lines if line.strip()]
    if not text:
        return []
    rows = list(csv.reader(text, delimiter=_find_delimiter(text[0])))
    headings = [cell.strip().lower() for cell in rows[0]]
    heading = (column or _HEADING).strip().lower()
    if heading in headings:
        index, rows = headings.index(heading), rows[1:]
    elif column is None:
        index = 0
    else:
        raise NoSuchColumn([cell.strip() for cell in rows[0]])
    cells = (row[index].strip() for row in rows if len(row) > index)
    return remove_duplicates(cell for cell in cells if cell)


def remove_duplicates(references: Iterable[str]) -> list[str]:
    """Return the references without repetitions, also in another spelling."""
    spellings: dict[str, str] = {}
    for reference in references:
        spellings.setdefault(simplify_reference(reference), reference)
    return list(spellings.values())


def _find_delimiter(line: str) -> str:
    return max(",;\t", key=line.count)
