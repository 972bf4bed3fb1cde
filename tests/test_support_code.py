"""Support codes: what they are made of, and how people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.ledger.models import generate_handoff_id
from handoff.support_code import (
    build_support_code,
    list_handoff_id_prefixes,
    normalize_support_code,
)


def test_the_code_of_a_handoff_leads_back_to_its_id() -> None:
    for _ in range(200):
        handoff_id = generate_handoff_id()
        code = build_support_code({"handoff": handoff_id, "request_id": "r"})
        assert code is not None
        assert handoff_id[:7] in list_handoff_id_prefixes(code)


@pytest.mark.parametrize(
    ("handoff_id", "code"),
    [
        ("AAAAAAAAAAAAAAAAAAAAAA", "0000-0000"),
        ("__________AAAAAAAAAAAA", "ZZZZ-ZZZZ"),
        ("ABCDEFGHAAAAAAAAAAAAAA", "0088-642H"),
    ],
)
def test_known_codes(handoff_id: str, code: str) -> None:
    assert build_support_code({"handoff": handoff_id}) == code


@given(st.text(min_size=1))
def test_a_request_without_a_handoff_has_a_code_too(request_id: str) -> None:
    code = build_support_code({"request_id": request_id})
    assert code is not None
    assert normalize_support_code(code) == code


@pytest.mark.parametrize(
    "text",
    [
        "7K3M-9QX2",
        "7k3m9qx2",
        " 7K3M 9QX2 ",
        "7K3M\u20119QX2",
        "7 K 3 M \u2013 9 Q X 2",
        "7K3M\u00a0-\t9QX2",
        "7K3M-9QX2.",
        "(7k3m-9qx2)",
        "\u201e7K3M-9QX2\u201c,\n",
    ],
)
def test_a_code_is_read_however_it_is_written(text: str) -> None:
    assert normalize_support_code(text) == "7K3M-9QX2"


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    assert normalize_support_code("oOiI-lL01") == "0011-1101"


@pytest.mark.parametrize(
    "text", ["", "7K3M-9QX", "7K3M-9QX22", "7K3M-9QXU", "7K3M_9QX2", "7K3M.9QX2", "\u0667K3M9QX2"]
)
def test_other_texts_are_no_codes(text: str) -> None:
    assert normalize_support_code(text) is None
