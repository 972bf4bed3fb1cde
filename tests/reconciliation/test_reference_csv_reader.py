"""References in CSV files, in the forms that spreadsheets write."""

from __future__ import annotations

import csv

import pytest

from handoff.reconciliation.csv_cells import escape_formulas, unescape_formulas
from handoff.reconciliation.reference_csv_reader import (
    AmbiguousColumns,
    NoSuchColumn,
    read_references,
)

UUIDS = ["9f1c2a5e-7d34-4c1b-8f0e-2f6d9f0c1a77", "9F1C2A5E7D344C1B8F0E2F6D9F0C1A78"]


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
        "sep=;\nreference;total\nr1;1,5\nr2;2,5\n",
        '"SEP=|"\nreference|total\nr1|1\nr2|2\n',
        "sep=\t\nr1\t1\nr2\t2\n",
        "sep= \nr1 1;5\nr2 2;5\n",
        "Poq reference;total\nr1;1\nr2;2\n",
        "total,order_reference\n1,r1\n2,r2\n",
        "total,OrderReference\n1,r1\n2,r2\n",
        "Betrag;Referenz-Nr.\n1;r1\n2;r2\n",
        "Montant;R\u00e9f\u00e9rence\n1;r1\n2;r2\n",
        "references\nr1\nr2\n",
        "Ref\nr1\nr2\n",
        "\ufeffreference\r\nr1\r\nr2\r\n",
        '"reference";"total"\r\n"r1";"1,5"\r\n"r2";"2,5"\r\n',
        '"Smith, J.; Jones, K.",reference\n"a,b",r1\n"c;d",r2\n',
        "1,5;reference;2,5\n3,5;r1;4,5\n5,5;r2;6,5\n",
        "reference\rr1\rr2\r",
        'reference,total\n="r1",1\n"=""r2""",2\n',
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
        "a separator line",
        "a separator line in quotes",
        "a separator line with a tab",
        "a separator line with a blank",
        "a heading with another word",
        "a heading with an underscore",
        "a heading in camel case",
        "a German heading",
        "a French heading",
        "the plural",
        "the short form",
        "a byte order mark and CRLF",
        "all cells in quotes",
        "separators in quotes",
        "decimal commas",
        "old line ends",
        "texts as formulas",
    ],
)
def test_the_references_of_a_file_are_read(text: str) -> None:
    assert read_references(text.encode()) == ["r1", "r2"]


def test_a_column_can_be_named() -> None:
    text = "reference,Poq order\nx,r1\ny,r2\n"
    assert read_references(text.encode(), column="poq ORDER") == ["r1", "r2"]


def test_a_missing_column_is_reported_with_the_existing_ones() -> None:
    with pytest.raises(NoSuchColumn) as raised:
        read_references(b"a, b\n1,2\n", column="c")
    assert raised.value.columns == ["a", "b"]


def test_an_empty_file_has_no_references() -> None:
    assert read_references(b"\n") == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("heading", ["reference", "Poq-Referenz", "\u00fcbertragen, reference"])
def test_the_encodings_of_spreadsheets_are_read(encoding: str, heading: str) -> None:
    text = f'"x";"{heading}"\r\n1;r1\r\n2;r2\r\n'
    assert read_references(text.encode(encoding)) == ["r1", "r2"]


@pytest.mark.parametrize(
    "heading", ["", "order;id;total\n", "Bestellung;Vorgang;Betrag\n", "sep=;\na;b;c\n"]
)
def test_uuids_are_found_under_any_heading_and_without_one(heading: str) -> None:
    text = heading + "".join(f"1{n};{uuid};7,50\n" for n, uuid in enumerate(UUIDS))
    assert read_references(text.encode()) == UUIDS


def test_references_that_look_like_a_heading_are_not_lost() -> None:
    assert read_references(b"ref-1\nref-2\n") == ["ref-1", "ref-2"]


def test_two_columns_of_references_are_reported() -> None:
    with pytest.raises(AmbiguousColumns) as raised:
        read_references(b"Poq reference,Shop reference,total\nr1,s1,1\n")
    assert raised.value.columns == ["Poq reference", "Shop reference"]
    content = b"Poq reference,Shop reference\nr1,s1\n"
    assert read_references(content, column="poq_reference") == ["r1"]


def test_utf_16_without_its_mark_is_no_csv() -> None:
    with pytest.raises(csv.Error):
        read_references("reference\nr1\n".encode("utf-16-le"))


def test_other_encodings_are_no_references() -> None:
    with pytest.raises(UnicodeDecodeError):
        read_references("reference\n\u00fc1\n".encode("latin-1"))


@pytest.mark.parametrize(
    "line",
    [
        "  sep=;",
        'sep=";"',
        "sep=';'",
        ' "sep=;" ',
        '"sep="";"""',
        "\tSEP = ;",
        "sep=;|",
        "sep=;;;",
        'sep=";",,',
    ],
)
def test_a_separator_line_may_have_blanks_and_quotes(line: str) -> None:
    # Without the line, the comma would be the separator.
    text = f"{line}\nreference;a,b,c\nr1;1,2,3\nr2;4,5,6,7\n"
    assert read_references(text.encode()) == ["r1", "r2"]


@pytest.mark.parametrize(
    "sign",
    [
        *"=+-@",
        *"\uff1d\uff0b\uff0d\uff20",
        *"\ufe66\ufe62\ufe63\ufe6b",
        *"\u207c\u207a\u207b\u208c\u208a\u208b",
        "\u2212",
        "\ufb29",
    ],
)
@pytest.mark.parametrize("before", ["", " ", "\u200b", "\ufeff", "'"])
def test_each_form_of_a_sign_is_escaped_at_the_start_of_a_part(sign: str, before: str) -> None:
    formula = f"{before}{sign}1"
    assert escape_formulas(formula) == f"'{formula}"
    for separator in ";,|\t\r\n":
        text = f"x{separator}{formula}"
        assert escape_formulas(text) == f"x{separator}'{formula}"
        assert unescape_formulas(escape_formulas(text)) == text


@pytest.mark.parametrize(
    "reference",
    ["=1+1", "@SUM(A1)", "-2+3", "+49", "x;=1", "'=1", "a,-1", "a|=1", "\ufe661", "\u22121"],
)
def test_a_reference_of_a_report_is_read_as_it_was(reference: str) -> None:
    cell = escape_formulas(reference)
    assert read_references(f'reference\n"{cell}"\nr2\n'.encode())[0] == reference
