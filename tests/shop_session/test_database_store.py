"""Shop sessions in a real MariaDB, in Magento's table."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import pytest
from sqlalchemy import event

from handoff.settings.session_store_url import SessionStoreAccess, SessionStoreUrl
from handoff.shop_session.database_store import DatabaseSessionStore
from handoff.shop_session.session_contents import SessionContents
from handoff.shop_session.store import SessionStoreError, create_session, open_session_store
from tests.mariadb import MariadbServer, name_row
from tests.running_servers import HOST, free_port

CONTENTS = SessionContents(27, 1)
DATA = b'checkout|a:1:{s:10:"quote_id_1";s:2:"27";}'


@pytest.fixture
def access(session_store_key_file: str) -> SessionStoreAccess:
    return SessionStoreAccess(key_file=session_store_key_file)


def open_store(url: str, access: SessionStoreAccess, **options: Any) -> DatabaseSessionStore:
    store = open_session_store(SessionStoreUrl.parse(url), access, lifetime=60, **options)
    assert isinstance(store, DatabaseSessionStore)
    return store


@pytest.mark.processes
@pytest.mark.parametrize("prefix", ["", "m2_"])
def test_a_session_is_a_row_as_magento_reads_it(
    mariadb: MariadbServer, access: SessionStoreAccess, prefix: str
) -> None:
    shop = mariadb.new_shop(prefix=prefix, rights="INSERT")
    began = int(time.time())
    session_id = create_session(open_store(shop.url, access), CONTENTS)
    assert shop.read(session_id) == DATA
    [(name, written_at)] = shop.execute(f"SELECT session_id, session_expires FROM {prefix}session")
    assert name == name_row(session_id)
    assert began <= written_at <= time.time() + 1


@pytest.mark.processes
def test_nothing_is_sent_after_the_commit_that_could_fail(
    mariadb: MariadbServer,
    access: SessionStoreAccess,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    shop = mariadb.new_shop(rights="INSERT")
    store = open_store(shop.url, access)
    create_session(store, CONTENTS)

    def break_connection(_connection: Any) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as patched:
        patched.setattr("pymysql.connections.Connection.rollback", break_connection)
        session_id = create_session(store, CONTENTS)
    assert shop.read(session_id) == DATA
    assert not caplog.records


@pytest.mark.processes
def test_by_its_socket_and_with_php_serialize(
    mariadb: MariadbServer, session_store_key_file: str
) -> None:
    shop = mariadb.new_shop()
    shop.execute(f"CREATE USER {shop.user}@localhost IDENTIFIED BY 'pw'")
    shop.execute(f"GRANT INSERT ON {shop.name}.session TO {shop.user}@localhost")
    url = f"mysql://{shop.user}:pw@/{shop.name}?socket={mariadb.socket}"
    access = SessionStoreAccess(key_file=session_store_key_file, serializer="php_serialize")
    session_id = create_session(open_store(url, access), CONTENTS)
    assert shop.read(session_id) == b'a:1:{s:8:"checkout";a:1:{s:10:"quote_id_1";s:2:"27";}}'


@pytest.mark.processes
def test_each_right_allows_its_operation_and_no_other(
    mariadb: MariadbServer, access: SessionStoreAccess
) -> None:
    shop = mariadb.new_shop(rights="INSERT")
    store = open_store(shop.url, access)
    session_id = create_session(store, CONTENTS)
    with pytest.raises(SessionStoreError, match="NoPermissionError"):
        store.read(session_id)
    store.remove(session_id)
    assert shop.read(session_id) == DATA
    shop.execute(f"GRANT SELECT ON session TO {shop.user}@'{HOST}'")
    store.close()  # so that the next connection has the right
    assert store.read(session_id) == DATA
    assert store.read("unknown") is None
    shop.execute(f"GRANT DELETE ON session TO {shop.user}@'{HOST}'")
    store.close()
    store.remove(session_id)
    assert shop.read(session_id) is None


@pytest.mark.processes
def test_a_check_leaves_no_row_and_finds_rows_with_insert_alone(
    mariadb: MariadbServer, access: SessionStoreAccess
) -> None:
    shop = mariadb.new_shop(rights="INSERT")
    store = open_store(shop.url, access)
    store.check_writable()
    assert not store.probe_for_row("unknown")
    assert shop.execute("SELECT * FROM session") == []
    assert store.probe_for_row(create_session(store, CONTENTS))
    with pytest.raises(SessionStoreError, match="NoPermissionError"):
        open_store(mariadb.new_shop(rights="SELECT").url, access).check_writable()


@pytest.mark.processes
def test_each_error_has_a_name_and_shows_no_value(
    mariadb: MariadbServer, access: SessionStoreAccess
) -> None:
    shop = mariadb.new_shop()
    shop.execute(f"GRANT INSERT ON other_shop.* TO {shop.user}@'{HOST}'")
    urls = {
        "AuthenticationError": shop.build_url(password="wrong"),
        "DatabaseDeniedError": shop.build_url(name="nobodys"),
        "DatabaseMissingError": shop.build_url(name="other_shop"),
        "NoPermissionError": shop.build_url(prefix="other_"),
        "ConnectionError": shop.url.replace(str(mariadb.port), str(free_port())),
    }
    for name, url in urls.items():
        with pytest.raises(SessionStoreError, match=name):
            create_session(open_store(url, access), CONTENTS)


@pytest.mark.processes
def test_a_server_that_restarts_harms_no_later_session(
    mariadb: MariadbServer, access: SessionStoreAccess
) -> None:
    shop = mariadb.new_shop()
    store = open_store(shop.url, access)
    create_session(store, CONTENTS)
    mariadb.stop()
    try:
        with pytest.raises(SessionStoreError, match="ConnectionError"):
            create_session(store, CONTENTS)
        mariadb.start()
        create_session(store, CONTENTS)
        mariadb.stop()
    finally:
        mariadb.start()
    assert shop.read(create_session(store, CONTENTS)) == DATA


@pytest.mark.processes
def test_a_connection_that_is_cut_after_the_commit_leaves_one_row(
    mariadb: MariadbServer, access: SessionStoreAccess
) -> None:
    shop = mariadb.new_shop()
    store = open_store(shop.url, access)
    cut: list[int] = []

    def cut_connection(connection: Any) -> None:
        if not cut:
            connection.connection.commit()
            cut.append(connection.connection.thread_id())
            shop.execute(f"KILL {cut[0]}")

    event.listen(store.engine, "commit", cut_connection)
    session_id = create_session(store, CONTENTS)
    assert cut
    assert shop.read(session_id) == DATA


@pytest.mark.processes
def test_a_server_that_does_not_answer_is_an_error(
    mariadb: MariadbServer, access: SessionStoreAccess
) -> None:
    store = open_store(mariadb.new_shop().url, access, timeout=0.4)
    create_session(store, CONTENTS)
    with mariadb.frozen(), pytest.raises(SessionStoreError, match=r"TimeoutError|ConnectionError"):
        create_session(store, CONTENTS)
    assert create_session(store, CONTENTS)


@pytest.mark.processes
def test_a_forked_process_uses_connections_of_its_own(
    mariadb: MariadbServer, session_store_key_file: str
) -> None:
    shop = mariadb.new_shop()
    script = (
        "import os, sys\n"
        "from handoff.settings.session_store_url import SessionStoreAccess, SessionStoreUrl\n"
        "from handoff.shop_session.store import open_session_store\n"
        "access = SessionStoreAccess(key_file=sys.argv[2])\n"
        "store = open_session_store(SessionStoreUrl.parse(sys.argv[1]), access, lifetime=60)\n"
        "def write(name):\n"
        "    store.add(name, b'data')\n"
        "    with store.engine.connect() as connection:\n"
        "        print(connection.connection.thread_id(), flush=True)\n"
        "write('before')\n"
        "pid = os.fork()\n"
        "if pid: os.waitpid(pid, 0)\n"
        "write('parent' if pid else 'child')\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", script, shop.url, session_store_key_file]
    finished = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    before, child, parent = finished.stdout.split()
    assert before == parent != child
    assert shop.read("child") == shop.read("parent") == b"data"


@pytest.mark.processes
def test_data_that_is_not_base64_counts_as_it_is(
    mariadb: MariadbServer, access: SessionStoreAccess
) -> None:
    shop = mariadb.new_shop()
    shop.execute("INSERT session VALUES (:name, 0, 'default|a:0:{}')", name=name_row("plain"))
    assert open_store(shop.url, access).read("plain") == b"default|a:0:{}"


@pytest.mark.processes
def test_over_tls_the_server_needs_a_known_certificate(
    mariadb: MariadbServer, session_store_key_file: str
) -> None:
    shop = mariadb.new_shop()
    shop.execute(f"ALTER USER {shop.user}@'{HOST}' REQUIRE SSL")
    authority = str(mariadb.authority.file)
    known = SessionStoreAccess(ca_file=authority, key_file=session_store_key_file)
    unknown = SessionStoreAccess(key_file=session_store_key_file)
    url = shop.build_url(scheme="mysqls")
    assert shop.read(create_session(open_store(url, known), CONTENTS)) == DATA
    with pytest.raises(SessionStoreError, match="CertificateError"):
        create_session(open_store(url, unknown), CONTENTS)


@pytest.mark.parametrize("key_file", [None, "/no/such/file", __file__])
def test_without_a_key_there_is_no_store(key_file: str | None) -> None:
    with pytest.raises(SessionStoreError, match="SessionStoreKeyError"):
        open_store("mysql://u@h/db", SessionStoreAccess(key_file=key_file))
