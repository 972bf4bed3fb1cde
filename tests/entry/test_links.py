"""Links: signed, in one spelling, with keys that can be changed."""

from __future__ import annotations

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from handoff.link_tokens import LinkTokens

OLD, CURRENT = "the old key, long enough", "the current key, long enough"
ID = "EAogZOrT92Cx5QQ1ehLHtQ"
ALPHABET = string.ascii_letters + string.digits + "-_"


def test_a_token_leads_back_to_its_handoff() -> None:
    links = LinkTokens(CURRENT)
    assert links.read(links.sign(ID)) == ID


def test_a_token_may_stand_in_a_url_as_it_is() -> None:
    assert set(LinkTokens(CURRENT).sign(ID)) <= set(ALPHABET + ".")


def test_a_previous_key_reads_but_does_not_sign() -> None:
    rotated = LinkTokens(CURRENT, previous=[OLD])
    assert rotated.read(LinkTokens(OLD).sign(ID)) == ID
    assert rotated.sign(ID) == LinkTokens(CURRENT).sign(ID)


def test_a_key_that_has_been_dropped_reads_no_more() -> None:
    assert LinkTokens(CURRENT).read(LinkTokens(OLD).sign(ID)) is None


def test_other_spellings_of_the_same_bytes_are_refused() -> None:
    links = LinkTokens(CURRENT)
    token = links.sign(ID)
    for character in ALPHABET:
        altered = token[:-1] + character
        assert (links.read(altered) == ID) == (altered == token)
    for altered in (f"{token}=", f"{token}==", f"{token}\n", f" {token}", f"{token}%3D"):
        assert links.read(altered) is None


@pytest.mark.parametrize(
    "token", ["", ".", "..", ID, f"{ID}.", f".{ID}", "é.é", "\x00", "a" * 9999]
)
def test_what_is_no_token_is_refused(token: str) -> None:
    assert LinkTokens(CURRENT).read(token) is None


@given(st.text(max_size=120))
def test_no_text_is_a_token(text: str) -> None:
    assert LinkTokens(CURRENT).read(text) is None


@given(st.integers(0, 65), st.characters())
def test_a_token_with_any_character_changed_is_refused(place: int, character: str) -> None:
    links = LinkTokens(CURRENT)
    token = links.sign(ID)
    assume(token[place] != character)
    assert links.read(token[:place] + character + token[place + 1 :]) is None
