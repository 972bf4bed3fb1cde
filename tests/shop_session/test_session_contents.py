"""The bytes of a shop session equal those that Magento writes, and PHP can read them."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import phpserialize
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.shop_session.session_contents import (
    SessionContents,
    SessionLogin,
    SessionSerializer,
    build_entries,
    build_login_entry,
    find_visitor_id,
    serialize_session,
)
from tests.running_servers import require_program

REAL_SESSIONS = Path(__file__).parents[1] / "sandbox" / "sessions"

# Reads lines of base64, decodes each as PHP decodes a session, and answers with JSON.
READER = r"""
ini_set('session.save_handler', 'files');
ini_set('session.use_cookies', '0');
ini_set('session.serialize_handler', getenv('SERIALIZER'));
ini_set('session.save_path', sys_get_temp_dir());
session_id('handofftests' . getmypid());
session_start();
while (($line = fgets(STDIN)) !== false) {
    $_SESSION = [];
    $ok = session_decode(base64_decode(trim($line)));
    echo json_encode(['ok' => $ok, 'session' => $_SESSION]), "\n";
}
session_destroy();
"""


class Php:
    """A PHP process that decodes sessions."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def read(self, data: bytes) -> Any:
        """Return the session that PHP decodes from these bytes."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(base64.b64encode(data).decode() + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert answer["ok"] is True
        return answer["session"]


@contextmanager
def running_php(serializer: SessionSerializer) -> Iterator[Php]:
    command = [require_program("php"), "-d", "display_errors=stderr", "-r", READER]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "SERIALIZER": serializer},
    ) as process:
        yield Php(process)
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(scope="module")
def php() -> Iterator[Php]:
    with running_php("php") as php:
        yield php


def encode_contents(contents: SessionContents, serializer: SessionSerializer = "php") -> bytes:
    return serialize_session(build_entries(contents), serializer)


ids = st.integers(1, 2**63 - 1)
codes = st.text(min_size=1).filter(lambda text: "|" not in text and text.isprintable())


def test_a_guests_session_equals_the_one_tried_on_a_real_shop() -> None:
    assert encode_contents(SessionContents(27, 1)) == b'checkout|a:1:{s:10:"quote_id_1";s:2:"27";}'


def test_a_customers_session_equals_the_one_tried_on_a_real_shop() -> None:
    assert encode_contents(SessionContents(27, 1, SessionLogin(1, 1, "base"))) == (
        b'customer_base|a:2:{s:11:"customer_id";s:1:"1";s:17:"customer_group_id";s:1:"1";}'
        b'default|a:1:{s:12:"visitor_data";a:2:{s:11:"customer_id";s:1:"1";'
        b's:10:"session_id";s:1:"-";}}'
        b'checkout|a:1:{s:10:"quote_id_1";s:2:"27";}'
    )


def test_a_login_for_shared_accounts_has_no_website_in_its_name() -> None:
    data = encode_contents(SessionContents(125, 2, SessionLogin(1, 1, None)))
    assert data.startswith(
        b'customer|a:2:{s:11:"customer_id";s:1:"1";s:17:"customer_group_id";s:1:"1";}default|'
    )


def test_a_currency_and_a_known_visitor_share_one_array() -> None:
    contents = SessionContents(27, 1, SessionLogin(2, 1, "base", visitor_id=19), currency="EUR")
    assert encode_contents(contents).partition(b"default|")[2] == (
        b'a:2:{s:13:"currency_code";s:3:"EUR";s:12:"visitor_data";a:3:{s:11:"customer_id";s:1:"2";'
        b's:10:"session_id";s:1:"-";s:10:"visitor_id";s:2:"19";}}'
        b'checkout|a:1:{s:10:"quote_id_1";s:2:"27";}'
    )


def test_the_tax_of_a_customer_equals_that_of_a_real_login() -> None:
    tax = {
        "class_id": 3,
        "billing": {"country_id": "DE", "region_id": 82, "postcode": "10115"},
        "shipping": {"country_id": "GB", "region_id": None, "postcode": None},
    }
    assert serialize_session(build_login_entry(SessionLogin(27, 1, "base", tax=tax)), "php") == (
        b'customer_base|a:5:{s:11:"customer_id";s:2:"27";s:17:"customer_group_id";s:1:"1";'
        b's:21:"customer_tax_class_id";s:1:"3";'
        b's:27:"default_tax_billing_address";a:3:{s:10:"country_id";s:2:"DE";'
        b's:9:"region_id";s:2:"82";s:8:"postcode";s:5:"10115";}'
        b's:28:"default_tax_shipping_address";a:1:{s:10:"country_id";s:2:"GB";}}'
    )


def test_the_visitor_is_found_in_a_real_session_of_a_customer() -> None:
    data = (REAL_SESSIONS / "customer-logged-in").read_bytes()
    assert find_visitor_id(data) == 19


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b'checkout|a:1:{s:10:"quote_id_1";s:2:"27";}',
        b'default|a:1:{s:12:"visitor_data";a:1:{s:11:"customer_id";s:1:"2";}}',
        b'default|a:2:{s:12:"visitor_data";a:0:{}s:10:"visitor_id";s:1:"5";}',
        b'default|a:1:{s:12:"visitor_data";a:1:{s:10:"visitor_id";s:2:"-1";}}',
        b'default|a:1:{s:12:"visitor_data";a:1:{s:10:"visitor_id";s:20:"99999999999999999999";}}',
    ],
)
def test_a_session_without_a_visitor_has_none(data: bytes) -> None:
    assert find_visitor_id(data) is None


def test_another_currency_is_stored_as_the_shops_currency_switcher_stores_it() -> None:
    assert encode_contents(SessionContents(116, 1, currency="EUR")) == (
        b'default|a:1:{s:13:"currency_code";s:3:"EUR";}checkout|a:1:{s:10:"quote_id_1";s:3:"116";}'
    )


@pytest.mark.processes
@given(ids, ids)
def test_php_reads_a_guests_session(php: Php, quote: int, website: int) -> None:
    session = php.read(encode_contents(SessionContents(quote, website)))
    assert session == {"checkout": {f"quote_id_{website}": str(quote)}}


@pytest.mark.processes
@given(ids, ids, codes, ids, st.integers(0, 2**31))
def test_php_reads_a_customers_session(
    php: Php, quote: int, website: int, code: str, customer: int, group: int
) -> None:
    session = php.read(
        encode_contents(SessionContents(quote, website, SessionLogin(customer, group, code)))
    )
    assert session == {
        f"customer_{code}": {"customer_id": str(customer), "customer_group_id": str(group)},
        "default": {"visitor_data": {"customer_id": str(customer), "session_id": "-"}},
        "checkout": {f"quote_id_{website}": str(quote)},
    }


# The settings allow few characters in codes and currencies, but the format holds any text.
any_text = st.text() | st.sampled_from(
    ['";s:1:"a', "|", "}", "\x00", "s:5:", "\u2028", "\U0001f600"]
)


@pytest.mark.processes
@given(ids, ids, st.none() | st.tuples(ids, ids, st.none() | codes), st.none() | any_text)
def test_php_and_a_python_parser_read_exactly_the_contents(
    php: Php, quote: int, website: int, login: tuple[int, int, str | None] | None, currency: Any
) -> None:
    contents = SessionContents(
        quote, website, SessionLogin(*login) if login else None, currency=currency
    )
    expected: dict[str, Any] = {"checkout": {f"quote_id_{website}": str(quote)}}
    shared: dict[str, Any] = {} if currency is None else {"currency_code": currency}
    if login is not None:
        customer, group, code = login
        name = "customer" if code is None else f"customer_{code}"
        expected[name] = {"customer_id": str(customer), "customer_group_id": str(group)}
        shared["visitor_data"] = {"customer_id": str(customer), "session_id": "-"}
    if shared:
        expected["default"] = shared
    assert php.read(encode_contents(contents)) == expected
    assert parse_entries(encode_contents(contents), expected) == expected


@pytest.mark.processes
@given(st.dictionaries(any_text.filter(lambda key: not key.isdecimal()), any_text, max_size=5))
def test_keys_and_values_of_an_entry_may_hold_any_text(php: Php, values: dict[str, str]) -> None:
    assert php.read(serialize_session({"name": values}, "php")) == {"name": values or []}


def parse_entries(data: bytes, names: dict[str, Any]) -> dict[str, Any]:
    """Return the entries with these names, read by a Python parser up to the last byte."""
    found = {}
    while data:
        name = next(n for n in names if data.startswith(f"{n}|".encode()))
        stream = io.BytesIO(data[len(name.encode()) + 1 :])
        found[name] = phpserialize.load(stream, decode_strings=True)
        data = stream.read()
    return found


def test_a_name_that_php_would_cut_off_is_refused() -> None:
    with pytest.raises(ValueError, match="without"):
        encode_contents(SessionContents(1, 1, SessionLogin(1, 1, "a|b")))


@pytest.mark.processes
def test_php_reads_a_session_in_the_format_php_serialize() -> None:
    login = SessionLogin(27, 3, "base", visitor_id=19)
    contents = SessionContents(125, 1, login, currency="EUR")
    with running_php("php_serialize") as php:
        data = encode_contents(contents, "php_serialize")
        assert php.read(data) == {
            "customer_base": {"customer_id": "27", "customer_group_id": "3"},
            "default": {
                "currency_code": "EUR",
                "visitor_data": {"customer_id": "27", "session_id": "-", "visitor_id": "19"},
            },
            "checkout": {"quote_id_1": "125"},
        }
        assert find_visitor_id(data) == 19
