"""Link tokens: signed, in one spelling, with keys that can be rotated."""

from __future__ import annotations

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from handoff.web_view_link import LinkTokens

OLD, CURRENT = "the old key, long enough", "the current key, long enough"
ID = "EAogZOrT92Cx5QQ1ehLHtQ"
ALPHABET = string.ascii_letters + string.digits + "-_"


def test_reading_a_token_returns_its_handoff_id() -> None:
    tokens = LinkTokens(CURRENT)
    assert tokens.read_handoff_id(tokens.create_token(ID)) == ID


def test_a_token_needs_no_escaping_in_a_url() -> None:
    assert set(LinkTokens(CURRENT).create_token(ID)) <= set(ALPHABET + ".")


def test_a_previous_key_reads_but_does_not_sign() -> None:
    rotated = LinkTokens(CURRENT, previous=[OLD])
    assert rotated.read_handoff_id(LinkTokens(OLD).create_token(ID)) == ID
    assert rotated.create_token(ID) == LinkTokens(CURRENT).create_token(ID)


def test_tokens_of_a_removed_key_are_refused() -> None:
    assert LinkTokens(CURRENT).read_handoff_id(LinkTokens(OLD).create_token(ID)) is None


def test_other_base64_spellings_of_a_token_are_refused() -> None:
    tokens = LinkTokens(CURRENT)
    token = tokens.create_token(ID)
    for character in ALPHABET:
        altered = token[:-1] + character
        assert (tokens.read_handoff_id(altered) == ID) == (altered == token)
    for altered in (f"{token}=", f"{token}==", f"{token}\n", f" {token}", f"{token}%3D"):
        assert tokens.read_handoff_id(altered) is None


@pytest.mark.parametrize(
    "token", ["", ".", "..", ID, f"{ID}.", f".{ID}", "é.é", "\x00", "a" * 9999]
)
def test_texts_that_are_no_tokens_are_refused(token: str) -> None:
    assert LinkTokens(CURRENT).read_handoff_id(token) is None


@given(st.text(max_size=120))
def test_random_text_is_never_a_token(text: str) -> None:
    assert LinkTokens(CURRENT).read_handoff_id(text) is None


@given(st.integers(0, 65), st.characters())
def test_a_token_with_any_character_changed_is_refused(place: int, character: str) -> None:
    tokens = LinkTokens(CURRENT)
    token = tokens.create_token(ID)
    assume(token[place] != character)
    assert tokens.read_handoff_id(token[:place] + character + token[place + 1 :]) is None
