"""A hundred thousand altered links, none of which is accepted."""

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

from handoff.link_tokens import LinkTokens
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
    return LinkTokens(OTHER + str(chance.random())).sign(ID)


def another_spelling(chance: random.Random, token: str) -> str:
    """Write the signature's bytes as base64 may: padded, in the other alphabet, spare bits set."""
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
    """Write a character in full width, which NFKC takes for the plain one."""
    place = chance.randrange(len(token))
    wide = chr(ord(token[place]) + 0xFEE0)
    assert unicodedata.normalize("NFKC", wide) == token[place]
    return token[:place] + wide + token[place + 1 :]


def escaped(chance: random.Random, token: str) -> str:
    """Escape a character as in an address: whoever reads tokens does not unescape them again."""
    place = chance.randrange(len(token))
    return f"{token[:place]}%{ord(token[place]):02X}{token[place + 1 :]}"


def several_in_one(chance: random.Random, token: str) -> str:
    """Put tokens, or their parts, one after the other."""
    parts = [*token.split("."), token, ANOTHER_ID]
    joined = chance.choice((".", "", ",", "&", "/", "..", "\x00"))
    return joined.join(chance.choices(parts, k=chance.randrange(2, 5)))


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
        several_in_one,
    ],
)
def test_no_altered_link_is_accepted(alter: Alter) -> None:
    chance = random.Random()
    links = LinkTokens(CURRENT, previous=[PREVIOUS])
    ours = [LinkTokens(key).sign(ID) for key in (CURRENT, PREVIOUS)]
    tried = 0
    while tried < EACH:
        token = alter(chance, chance.choice(ours))
        if token in ours:
            continue
        assert links.read(token) is None, ascii(token)
        tried += 1
    assert [links.read(token) for token in ours] == [ID, ID]


def test_halves_of_two_links_make_none() -> None:
    links = LinkTokens(CURRENT)
    first, second = links.sign(ID), links.sign(ANOTHER_ID)
    mixed = f"{first.partition('.')[0]}.{second.partition('.')[2]}"
    assert links.read(mixed) is None


@pytest.mark.parametrize("sign", ["", "a-key-of-ours"])
def test_what_a_weaker_signer_made_is_no_link(sign: str) -> None:
    """Without a key, or signed as other users of the same library sign."""
    for salt in ("", "itsdangerous.Signer", "cookie-session", "handoff.link.v2"):
        for method in (hashlib.sha1, hashlib.sha256):
            for derivation in ("concat", "django-concat", "hmac", "none"):
                key = sign or CURRENT
                signer = Signer(key, salt=salt, digest_method=method, key_derivation=derivation)
                assert LinkTokens(CURRENT).read(signer.sign(ID).decode()) is None


def test_an_address_has_one_link_in_it_however_it_is_escaped(make_app: MakeApp) -> None:
    """Escaping belongs to the address: the same link. What is left of it within is another."""
    app = make_app(refusals_per_minute=0)
    token = Poq(app.test_client()).link().removeprefix("/h/")
    phone = app.test_client()
    every = "".join(f"%{ord(each):02x}" for each in token)
    assert phone.get(f"/h/{every}").status_code == 200
    for altered in (quote(every), f"{every}%00", f"%20{every}", f"{every}%0a", f"{every}%3D"):
        assert phone.get(f"/h/{altered}").status_code == 404


altered = st.builds(
    lambda token, at, length, put: token[:at] + put + token[at + length :],
    st.sampled_from([LinkTokens(key).sign(ID) for key in (CURRENT, PREVIOUS)]),
    st.integers(0, 66),
    st.integers(0, 66),
    st.text(st.characters(), max_size=70),
)


@given(altered)
def test_no_part_of_a_link_can_be_put_otherwise(token: str) -> None:
    links = LinkTokens(CURRENT, previous=[PREVIOUS])
    assume(token not in {LinkTokens(key).sign(ID) for key in (CURRENT, PREVIOUS)})
    assert links.read(token) is None
