"""A hundred thousand altered links, none of which is accepted."""

from __future__ import annotations

import random
import string
from collections.abc import Callable

import pytest

from handoff.entry.links import Links

CURRENT, PREVIOUS, OTHER = (f"a secret that is long enough, {n}" for n in range(3))
ID = "EAogZOrT92Cx5QQ1ehLHtQ"
ANOTHER_ID = "9f1c2a5e7d344c1b8f0eAA"
URL_SAFE = string.ascii_letters + string.digits + "-_"
ANYTHING = "".join(map(chr, range(0x250))) + "\u200b\u2028\ud800\uff0e\U0001f600"
EACH = 12_500

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
    return Links(OTHER + str(chance.random())).token(ID)


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
    ],
)
def test_no_altered_link_is_accepted(alter: Alter) -> None:
    chance = random.Random()
    links = Links(CURRENT, previous=[PREVIOUS])
    ours = [Links(key).token(ID) for key in (CURRENT, PREVIOUS)]
    tried = 0
    while tried < EACH:
        token = alter(chance, chance.choice(ours))
        if token in ours:
            continue
        assert links.read(token) is None, ascii(token)
        tried += 1
    assert [links.read(token) for token in ours] == [ID, ID]


def test_halves_of_two_links_make_none() -> None:
    links = Links(CURRENT)
    first, second = links.token(ID), links.token(ANOTHER_ID)
    mixed = f"{first.partition('.')[0]}.{second.partition('.')[2]}"
    assert links.read(mixed) is None
