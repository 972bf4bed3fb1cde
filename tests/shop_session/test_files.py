"""Sessions in PHP's own files."""

from __future__ import annotations

import getpass
import stat
import subprocess
from pathlib import Path

import pytest

from handoff.shop_session import SessionContents, SessionStoreError, create_session
from handoff.shop_session.file_store import FileSessionStore
from tests.running import require_program
from tests.shop_session.stores import store_at

BINDING = SessionContents(27, 1)


def test_a_session_is_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    session_id = create_session(store_at(tmp_path.as_uri()), BINDING)
    file = tmp_path / f"sess_{session_id}"
    assert file.read_bytes() == b'checkout|a:1:{s:10:"quote_id_1";s:2:"27";}'
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_php_opens_it_by_its_id(tmp_path: Path) -> None:
    session_id = create_session(store_at(tmp_path.as_uri()), BINDING)
    script = (
        "ini_set('session.use_cookies', '0'); ini_set('session.save_handler', 'files');"
        "session_save_path($argv[1]); session_id($argv[2]); session_start();"
        "echo $_SESSION['checkout']['quote_id_1'];"
    )
    command = [require_program("php"), "-r", script, str(tmp_path), session_id]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "27"


def test_an_existing_session_is_never_overwritten(tmp_path: Path) -> None:
    store = FileSessionStore(str(tmp_path))
    store.write("abc", b"first")
    with pytest.raises(SessionStoreError):
        store.write("abc", b"second")
    assert (tmp_path / "sess_abc").read_bytes() == b"first"


def test_a_file_is_handed_over_to_the_owner_of_the_settings(tmp_path: Path) -> None:
    url = f"{tmp_path.as_uri()}?owner={getpass.getuser()}"
    session_id = create_session(store_at(url), BINDING)
    assert (tmp_path / f"sess_{session_id}").owner() == getpass.getuser()


def test_an_unknown_owner_leaves_no_file_behind(tmp_path: Path) -> None:
    store = store_at(f"{tmp_path.as_uri()}?owner=no-such-user")
    with pytest.raises(SessionStoreError):
        create_session(store, BINDING)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_away_is_out_of_reach(tmp_path: Path) -> None:
    store = store_at((tmp_path / "away").as_uri())
    with pytest.raises(SessionStoreError) as raised:
        create_session(store, BINDING)
    assert str(tmp_path) not in str(raised.value)
