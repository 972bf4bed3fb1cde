"""References out of a CSV file, as a spreadsheet or Poq's export writes it."""

from __future__ import annotations

import csv
from collections.abc import Iterable

from handoff.ledger.reference_keys import normalize_reference

_HEADING = "reference"


class NoSuchColumn(Exception):
    """The file has no column of this name; `columns` are those that it has."""

    def __init__(self, columns: list[str]) -> None:
        super().__init__()
        self.columns = columns


def read_references(lines: Iterable[str], *, column: str | None = None) -> list[str]:
    """Return the references of a file, each once, in its order.

    They stand in the column whose heading is `column`. Without one: in the column with the heading
    `reference`, in whatever case, and where there is none in the first column, from the first
    line on. Commas, semicolons and tabs part columns. Raises NoSuchColumn, and csv.Error.
    """
    text = [line for line in lines if line.strip()]
    if not text:
        return []
    rows = list(csv.reader(text, delimiter=_delimiter(text[0])))
    headings = [cell.strip().lower() for cell in rows[0]]
    wanted = (column or _HEADING).strip().lower()
    if wanted in headings:
        place, rows = headings.index(wanted), rows[1:]
    elif column is None:
        place = 0
    else:
        raise NoSuchColumn([cell.strip() for cell in rows[0]])
    cells = (row[place].strip() for row in rows if len(row) > place)
    return remove_duplicates(cell for cell in cells if cell)


def remove_duplicates(references: Iterable[str]) -> list[str]:
    """Leave out what has come before, in whatever spelling."""
    spellings: dict[str, str] = {}
    for reference in references:
        spellings.setdefault(normalize_reference(reference), reference)
    return list(spellings.values())


def _delimiter(line: str) -> str:
    return max(",;\t", key=line.count)
