"""A hundred thousand altered link tokens, none of which is accepted."""

from __future__ import annotations

import hashlib
import random
import string
import unicodedata
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from itsdangerous import Signer

from handoff.web_view_link import LinkTokens
from tests.conftest import MakeApp, Poq

CURRENT, PREVIOUS, OTHER = (f"a secret that is long enough, {n}" for n in range(3))
ID = "EAogZOrT92Cx5QQ1ehLHtQ"
ANOTHER_ID = "9f1c2a5e7d344c1b8f0eAA"
URL_SAFE = (
    string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
)  # in base64's order
ANYTHING = "".join(map(chr, range(0x250))) + "\u200b\u2028\ud800\uff0e\U0001f600"
EACH = 7_700

Alter = Callable[[random.Random, str], str]


def one_character(chance: random.Random, token: str) -> str:
    place = chance.randrange(len(token))
    return token[:place] + chance.choice(URL_SAFE) + token[place + 1 :]


def one_bit(chance: random.Random, token: str) -> str:
    place = chance.randrange(len(token))
    return token[:place] + chr(ord(token[place]) ^ 1 << chance.randrange(8)) + token[place + 1 :]


def a_strange_character(chance: random.Random, token: str) -> str:
    place = chance.randrange(len(token) + 1)
    return token[:place] + chance.choice(ANYTHING) + token[place:]


def cut(chance: random.Random, token: str) -> str:
    start, end = sorted(chance.sample(range(len(token) + 1), 2))
    return token[start:end]


def two_swapped(chance: random.Random, token: str) -> str:
    letters = list(token)
    first, second = chance.sample(range(len(token)), 2)
    letters[first], letters[second] = letters[second], letters[first]
    return "".join(letters)


def another_id(chance: random.Random, token: str) -> str:
    _, dot, signature = token.partition(".")
    return "".join(chance.choices(URL_SAFE, k=22)) + dot + signature


def another_signature(chance: random.Random, token: str) -> str:
    handoff_id, dot, _ = token.partition(".")
    return handoff_id + dot + "".join(chance.choices(URL_SAFE, k=43))


def another_key(chance: random.Random, _token: str) -> str:
    return LinkTokens(OTHER + str(chance.random())).create_token(ID)


def another_spelling(chance: random.Random, token: str) -> str:
    """Encode the signature in another way: padded, in the other alphabet, with spare bits set."""
    handoff_id, dot, signature = token.partition(".")
    place = URL_SAFE.index(signature[-1])
    last = URL_SAFE[place & ~3 | chance.randrange(4)]  # 43 digits hold two bits too many
    spelt = signature[:-1] + last + "=" * chance.randrange(4)
    if chance.random() < 0.5:
        spelt = spelt.translate(str.maketrans("-_", "+/"))
    if chance.random() < 0.5:
        at = chance.randrange(len(spelt))
        spelt = spelt[:at] + chance.choice("\n\r\t !$%") + spelt[at:]
    return handoff_id + dot + spelt


def another_case(chance: random.Random, token: str) -> str:
    return "".join(chance.choice((each.lower(), each.upper())) for each in token)


def a_look_alike(chance: random.Random, token: str) -> str:
    """Replace a character by its full-width form, which NFKC normalizes to the plain one."""
    place = chance.randrange(len(token))
    wide = chr(ord(token[place]) + 0xFEE0)
    assert unicodedata.normalize("NFKC", wide) == token[place]
    return token[:place] + wide + token[place + 1 :]


def escaped(chance: random.Random, token: str) -> str:
    """Percent-encode a character: reading a token does not decode it again."""
    place = chance.randrange(len(token))
    return f"{token[:place]}%{ord(token[place]):02X}{token[place + 1 :]}"


def strange_characters_before_the_signature(chance: random.Random, token: str) -> str:
    """Insert characters that a decoder of base64 ignores, some of them more than one byte long."""
    handoff_id, dot, signature = token.partition(".")
    inserted = "".join(chance.choices(ANYTHING, k=chance.randrange(1, 5)))
    return handoff_id + dot + inserted + signature


def several_in_one(chance: random.Random, token: str) -> str:
    """Concatenate tokens or parts of them."""
    parts = [*token.split("."), token, ANOTHER_ID]
    joined = chance.choice((".", "", ",", "&", "/", "..", "\x00"))
    return joined.join(chance.choices(parts, k=chance.randrange(2, 5)))


@pytest.mark.fuzzing
@pytest.mark.parametrize(
    "alter",
    [
        one_character,
        one_bit,
        a_strange_character,
        cut,
        two_swapped,
        another_id,
        another_signature,
        another_key,
        another_spelling,
        another_case,
        a_look_alike,
        escaped,
        strange_characters_before_the_signature,
        several_in_one,
    ],
)
def test_no_altered_link_is_accepted(alter: Alter) -> None:
    chance = random.Random()
    links = LinkTokens(CURRENT, previous=[PREVIOUS])
    ours = [LinkTokens(key).create_token(ID) for key in (CURRENT, PREVIOUS)]
    tried = 0
    while tried < EACH:
        token = alter(chance, chance.choice(ours))
        if token in ours:
            continue
        assert links.read_handoff_id(token) is None, ascii(token)
        tried += 1
    assert [links.read_handoff_id(token) for token in ours] == [ID, ID]


def test_parts_of_two_tokens_do_not_make_a_token() -> None:
    links = LinkTokens(CURRENT)
    first, second = links.create_token(ID), links.create_token(ANOTHER_ID)
    mixed = f"{first.partition('.')[0]}.{second.partition('.')[2]}"
    assert links.read_handoff_id(mixed) is None


@pytest.mark.parametrize("sign", ["", "a-key-of-ours"])
def test_tokens_signed_in_a_weaker_way_are_refused(sign: str) -> None:
    """Signed without a key, or as other users of the same library sign."""
    for salt in ("", "itsdangerous.Signer", "cookie-session", "handoff.link.v2"):
        for method in (hashlib.sha1, hashlib.sha256):
            for derivation in ("concat", "django-concat", "hmac", "none"):
                key = sign or CURRENT
                signer = Signer(key, salt=salt, digest_method=method, key_derivation=derivation)
                assert LinkTokens(CURRENT).read_handoff_id(signer.sign(ID).decode()) is None


def test_percent_encoding_in_a_url_does_not_make_another_link(make_app: MakeApp) -> None:
    """Percent-encoding belongs to the URL. A token that still holds an escape is another token."""
    app = make_app(refusals_per_minute=0)
    token = Poq(app.test_client()).request_link().removeprefix("/h/")
    phone = app.test_client()
    every = "".join(f"%{ord(each):02x}" for each in token)
    assert phone.get(f"/h/{every}").status_code == 200
    for altered in (quote(every), f"{every}%00", f"%20{every}", f"{every}%0a", f"{every}%3D"):
        assert phone.get(f"/h/{altered}").status_code == 404


@pytest.mark.parametrize("inserted", ["!", ":", "é", ":é", "\u200b", "\u2028", "\U0001f600"])
def test_a_link_with_a_strange_character_in_it_is_unknown(make_app: MakeApp, inserted: str) -> None:
    app = make_app()
    handoff_id, _, signature = (
        Poq(app.test_client()).request_link().rpartition("/")[2].partition(".")
    )
    for token in (f"{handoff_id}.{inserted}{signature}", f"{inserted}{handoff_id}.{signature}"):
        answer = app.test_client().get(f"/h/{quote(token)}")
        assert answer.status_code == 404


altered = st.builds(
    lambda token, at, length, put: token[:at] + put + token[at + length :],
    st.sampled_from([LinkTokens(key).create_token(ID) for key in (CURRENT, PREVIOUS)]),
    st.integers(0, 66),
    st.integers(0, 66),
    st.text(st.characters(), max_size=70),
)


@given(altered)
def test_no_other_encoding_of_a_token_is_accepted(token: str) -> None:
    links = LinkTokens(CURRENT, previous=[PREVIOUS])
    assume(token not in {LinkTokens(key).create_token(ID) for key in (CURRENT, PREVIOUS)})
    assert links.read_handoff_id(token) is None
