"""The check of sessions in the shop's database: rights, refusals, table and key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from handoff.doctor.check_result import CheckResult
from tests.doctor.conftest import create_context, create_good_settings, run_checks_named
from tests.mariadb import MariadbServer, PhpSessionRows, ShopDatabase, derive_session_store_key
from tests.running_servers import RunningShop, free_port

pytestmark = pytest.mark.processes

STORE, RIGHTS, KEY = "Session store", "Rights in the session store", "Key of the session store"


@dataclass(frozen=True, slots=True)
class CheckedShop:
    """A stand-in shop whose sessions are in a database."""

    shop: RunningShop
    database: ShopDatabase
    key_file: str

    def check(self, url: str = "", key_file: str = "") -> dict[str, CheckResult]:
        """Return the results for a session store URL and a key file, by their names."""
        settings = create_good_settings(self.shop.url, self.shop.sessions)
        settings |= {
            "session_store": url or self.database.url,
            "session_store_key_file": key_file or self.key_file,
        }
        return run_checks_named((STORE,), create_context(settings))


@pytest.fixture(params=["INSERT, SELECT"])
def checked(
    request: pytest.FixtureRequest,
    shop: RunningShop,
    mariadb: MariadbServer,
    session_store_key_file: str,
) -> CheckedShop:
    database = mariadb.new_shop(prefix="m2_", rights=request.param)
    shop.state.sessions = PhpSessionRows(folder=shop.sessions, database=database)
    return CheckedShop(shop, database, session_store_key_file)


INSERT_ALONE = pytest.mark.parametrize("checked", ["INSERT"], indirect=True)


@pytest.mark.parametrize(
    ("checked", "severity", "seen"),
    [
        ("INSERT, SELECT", "ok", "insert and read"),
        ("INSERT, SELECT, DELETE", "ok", "insert, read and delete"),
        ("INSERT", "warning", "password change"),
        ("INSERT, SELECT, UPDATE", "warning", "change sessions"),
    ],
    indirect=["checked"],
)
def test_the_right_key_and_the_rights_are_recognized(
    checked: CheckedShop, severity: str, seen: str
) -> None:
    found = checked.check()
    assert found[STORE].severity == found[KEY].severity == "ok"
    assert (found[RIGHTS].severity, seen in found[RIGHTS].seen) == (severity, True)
    assert checked.database.user in found[RIGHTS].advice or severity == "ok"
    [(rows,)] = checked.database.execute("SELECT COUNT(*) FROM m2_session")
    assert rows == 1  # that of the visit


def test_the_right_key_is_recognized_by_an_id_that_php_encodes_in_its_cookie(
    checked: CheckedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `session.sid_bits_per_character=6`, ids of PHP have commas: `%2C` in a cookie."""
    monkeypatch.setattr("tests.mariadb.generate_session_id", lambda: "an,id")
    assert checked.check()[KEY].severity == "ok"


def test_the_right_to_read_other_tables_is_a_warning(checked: CheckedShop) -> None:
    database = checked.database
    database.execute(f"GRANT SELECT ON {database.name}.* TO {database.user}@'127.0.0.1'")
    assert "read other tables" in checked.check()[RIGHTS].seen


def test_a_wrong_key_is_named(checked: CheckedShop, tmp_path: Path) -> None:
    found = checked.check(key_file=str(derive_session_store_key(tmp_path, "another key")))
    assert (found[STORE].severity, found[KEY].severity) == ("ok", "fault")
    assert "not from the shop's current crypt key" in found[KEY].seen
    assert "derive-session-store-key.php" in found[KEY].advice


def test_a_table_of_another_shop_is_named(checked: CheckedShop, mariadb: MariadbServer) -> None:
    found = checked.check(mariadb.new_shop(prefix="m2_").url)
    assert found[KEY].severity == "fault"
    assert "does not keep its sessions in this table" in found[KEY].seen


@INSERT_ALONE
def test_without_select_a_wrong_key_or_table_is_one_fault(
    checked: CheckedShop, tmp_path: Path
) -> None:
    found = checked.check(key_file=str(derive_session_store_key(tmp_path, "another key")))
    assert found[KEY].severity == "fault"
    assert "the key or the table is wrong" in found[KEY].seen


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({"password": "wrong"}, "refuses the user name or password"),
        ({"prefix": "other_"}, "there is no such table"),
        ({"name": "nobodys"}, "no right in a database"),
    ],
)
def test_a_refusal_is_named_with_its_cure(
    checked: CheckedShop, change: dict[str, str], seen: str
) -> None:
    found = checked.check(checked.database.build_url(**change))
    assert list(found) == [STORE]
    assert (found[STORE].severity, seen in found[STORE].seen) == ("fault", True)
    assert "HANDOFF_SESSION_STORE" in found[STORE].advice


def test_a_missing_key_is_named(checked: CheckedShop, tmp_path: Path) -> None:
    found = checked.check(key_file=str(tmp_path / "gone"))
    assert list(found) == [STORE]
    assert "HANDOFF_SESSION_STORE_KEY_FILE is missing" in found[STORE].seen


@pytest.mark.parametrize("checked", ["SELECT"], indirect=True)
def test_a_missing_right_to_insert_is_named(checked: CheckedShop) -> None:
    found = checked.check()
    assert "does not let this user insert rows" in found[STORE].seen
    grant = f"GRANT INSERT, SELECT ON {checked.database.name}.m2_session"
    assert grant in found[STORE].advice


def test_a_server_that_does_not_run_is_a_fault(checked: CheckedShop) -> None:
    port = str(checked.database.server.port)
    found = checked.check(checked.database.url.replace(port, str(free_port())))
    assert "cannot be reached" in found[STORE].seen
