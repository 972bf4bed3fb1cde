"""The names of session rows, and the script that derives the key for them from the crypt key."""

from __future__ import annotations

import base64
import hmac
import subprocess
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.shop_session.session_row_name import compute_row_name
from tests.mariadb import derive_session_store_key

pytestmark = pytest.mark.processes

OLD, NEW = (
    "0123456789abcdef0123456789abcdef",
    "base64" + base64.b64encode(bytes(range(32))).decode(),
)


@cache
def derive_key(crypt_key: str) -> bytes:
    with TemporaryDirectory() as folder:
        return bytes.fromhex(derive_session_store_key(Path(folder), crypt_key).read_text())


@given(session_id=st.text(st.characters(codec="ascii"), max_size=300))
def test_a_row_has_the_hmac_of_the_session_id_as_its_name(session_id: str) -> None:
    expected = hmac.new(OLD.encode(), session_id.encode(), sha256).hexdigest()
    assert compute_row_name(session_id, derive_key(OLD)) == expected


@pytest.mark.parametrize(
    ("crypt_key", "counting"),
    [
        (NEW, bytes(range(32))),
        (f"{OLD}\n{NEW}\n", bytes(range(32))),
        (f"{NEW} {OLD}", OLD.encode()),
        ("k" * 100, b"k" * 100),
    ],
)
def test_the_last_crypt_key_counts_as_magento_decodes_it(crypt_key: str, counting: bytes) -> None:
    expected = hmac.new(counting, b"an-id", sha256).hexdigest()
    assert compute_row_name("an-id", derive_key(crypt_key)) == expected


def test_the_key_does_not_contain_the_crypt_key() -> None:
    assert OLD.encode() not in derive_key(OLD)
    assert OLD.encode() not in derive_key(OLD).hex().encode()


@pytest.mark.parametrize("crypt_key", ["", " "])
def test_a_file_without_a_crypt_key_is_refused(tmp_path: Path, crypt_key: str) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        derive_session_store_key(tmp_path, crypt_key)
