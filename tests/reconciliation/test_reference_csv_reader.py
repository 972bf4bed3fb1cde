"""References in CSV files, in the forms that spreadsheets write."""

from __future__ import annotations

import io

import pytest

from handoff.reconciliation.reference_csv_reader import NoSuchColumn, read_references


@pytest.mark.parametrize(
    "text",
    [
        "r1\nr2\n",
        "r1\n\n  r2  \n",
        "reference\nr1\nr2\n",
        "total,Reference ,sum\n1,r1,2\n3,r2,4\n",
        "total;reference\n1;r1\n2;r2\n",
        "reference\ttotal\nr1\t1,5\nr2\t2,5\n",
        'reference,note\nr1,"two\nlines"\nr2,\n',
        "reference,total\nr1,1\nr2\n,3\n",
        "r1\nr2\nR-1\n",
    ],
    ids=[
        "bare",
        "blank lines",
        "heading",
        "among others",
        "semicolons",
        "tabs",
        "a cell of two lines",
        "short and empty rows",
        "the same in other letters",
    ],
)
def test_the_references_of_a_file_are_read(text: str) -> None:
    assert read_references(io.StringIO(text)) == ["r1", "r2"]


def test_a_column_can_be_named() -> None:
    text = "reference,Poq order\nx,r1\ny,r2\n"
    assert read_references(io.StringIO(text), column="poq ORDER") == ["r1", "r2"]


def test_a_missing_column_is_reported_with_the_existing_ones() -> None:
    with pytest.raises(NoSuchColumn) as raised:
        read_references(io.StringIO("a, b\n1,2\n"), column="c")
    assert raised.value.columns == ["a", "b"]


def test_an_empty_file_has_no_references() -> None:
    assert read_references(io.StringIO("\n")) == []
