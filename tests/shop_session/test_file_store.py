"""Shop sessions in PHP's session files."""

from __future__ import annotations

import getpass
import stat
import subprocess
from pathlib import Path

import pytest

from handoff.shop_session.session_contents import SessionContents
from handoff.shop_session.store import FileSessionStore, SessionStoreError, create_session
from tests.running_servers import require_program
from tests.shop_session.stores import open_store

CONTENTS = SessionContents(27, 1)


def test_only_the_owner_can_read_a_session_file(tmp_path: Path) -> None:
    session_id = create_session(open_store(tmp_path.as_uri()), CONTENTS)
    file = tmp_path / f"sess_{session_id}"
    assert file.read_bytes() == b'checkout|a:1:{s:10:"quote_id_1";s:2:"27";}'
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("session_id", ["../other/file", "..", "a/../b", "a\0b", "", "a" * 300])
def test_an_id_that_leads_to_another_folder_removes_nothing(
    tmp_path: Path, session_id: str
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    (tmp_path / "sess_").touch()
    FileSessionStore(str(tmp_path / "sess_x")).remove(session_id)
    FileSessionStore(str(tmp_path)).remove(session_id)
    assert (tmp_path / "other" / "file").exists()
    assert (tmp_path / "sess_").exists()


@pytest.mark.processes
def test_php_opens_the_session_by_its_id(tmp_path: Path) -> None:
    session_id = create_session(open_store(tmp_path.as_uri()), CONTENTS)
    script = (
        "ini_set('session.use_cookies', '0'); ini_set('session.save_handler', 'files');"
        "session_save_path($argv[1]); session_id($argv[2]); session_start();"
        "echo $_SESSION['checkout']['quote_id_1'];"
    )
    command = [require_program("php"), "-r", script, str(tmp_path), session_id]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "27"


def test_an_existing_session_is_never_overwritten(tmp_path: Path) -> None:
    store = FileSessionStore(str(tmp_path))
    store.add("abc", b"first")
    with pytest.raises(SessionStoreError):
        store.add("abc", b"second")
    assert (tmp_path / "sess_abc").read_bytes() == b"first"


def test_the_file_belongs_to_the_owner_of_the_settings(tmp_path: Path) -> None:
    url = f"{tmp_path.as_uri()}?owner={getpass.getuser()}"
    session_id = create_session(open_store(url), CONTENTS)
    assert (tmp_path / f"sess_{session_id}").owner() == getpass.getuser()


def test_no_file_is_left_if_the_owner_does_not_exist(tmp_path: Path) -> None:
    store = open_store(f"{tmp_path.as_uri()}?owner=no-such-user")
    with pytest.raises(SessionStoreError):
        create_session(store, CONTENTS)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_a_session_store_error(tmp_path: Path) -> None:
    store = open_store((tmp_path / "missing").as_uri())
    with pytest.raises(SessionStoreError) as raised:
        create_session(store, CONTENTS)
    assert str(tmp_path) not in str(raised.value)
