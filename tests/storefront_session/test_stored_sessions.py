"""The sessions that wait for their web view: encrypted, bound to their handoff, and erased."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr

from handoff.ledger.database import Database
from handoff.ledger.purge import Purger, PurgeRequest
from handoff.ledger.tables import handoff, stored_session
from tests.conftest import (
    BOTH,
    FakeClock,
    MakeApp,
    Poq,
    create_ledger,
    get_link_path,
    get_session_id,
    use_link,
)
from tests.logs import CapturedLog
from tests.running_servers import RunningShop
from tests.storefront_session.conftest import KEY, STOREFRONT, open_checkout


@pytest.fixture(params=BOTH)
def app(request: pytest.FixtureRequest, tmp_path: Path, make_app: MakeApp) -> Flask:
    return make_app(**STOREFRONT, database_url=SecretStr(create_ledger(request, tmp_path)))


@pytest.fixture
def database(app: Flask) -> Database:
    database: Database = app.extensions["handoff.objects"].database
    return database


@pytest.fixture
def stored(database: Database) -> Callable[[], list[Any]]:
    """Return a function that reads the stored sessions."""

    def read() -> list[Any]:
        with database.open_read_connection() as connection:
            return list(connection.execute(sa.select(stored_session)))

    return read


Stored = Callable[[], list[Any]]


def read_everything(database: Database) -> str:
    with database.open_read_connection() as connection:
        tables = [connection.execute(sa.select(table)) for table in (handoff, stored_session)]
        return repr([tuple(row) for rows in tables for row in rows])


def test_the_session_waits_encrypted_and_is_in_no_answer_and_no_log(
    poq: Poq, phone: FlaskClient, database: Database, stored: Stored, captured_log: CapturedLog
) -> None:
    answer = poq.transfer_bag(("ITEM-01", 1))
    [row] = stored()
    assert Fernet(KEY).decrypt(row.ciphertext)
    kept = read_everything(database)
    entered = use_link(phone, get_link_path(answer))
    session_id = get_session_id(entered)
    assert session_id not in kept + answer.text + str(answer.headers) + entered.text
    assert session_id not in str(captured_log.read_lines())


def end_grace(clock: FakeClock, phone: FlaskClient, link: str) -> None:
    use_link(phone, link)
    clock.advance(seconds=60)


def let_expire(clock: FakeClock, _phone: FlaskClient, _link: str) -> None:
    clock.advance(seconds=300)


END = {"the grace ends": end_grace, "the link expires": let_expire}
ERASE: dict[str, Callable[[Poq], object]] = {
    "another transfer": lambda poq: poq.request_link(("ITEM-02", 1), reference="another"),
    "a probe of readiness": lambda poq: poq.client.get("/readyz"),
}


@pytest.mark.parametrize("end", END.values(), ids=END)
@pytest.mark.parametrize("erase", ERASE.values(), ids=ERASE)
def test_nothing_stays_when_no_web_view_can_get_the_session(
    poq: Poq,
    phone: FlaskClient,
    clock: FakeClock,
    stored: Stored,
    end: Callable[[FakeClock, FlaskClient, str], None],
    erase: Callable[[Poq], object],
) -> None:
    end(clock, phone, poq.request_link(("ITEM-01", 1)))
    [kept] = stored()
    erase(poq)
    assert kept.handoff_id not in [row.handoff_id for row in stored()]


def test_a_use_of_any_link_erases_what_nobody_can_get(
    poq: Poq, phone: FlaskClient, clock: FakeClock, stored: Stored
) -> None:
    link = poq.request_link(("ITEM-01", 1))
    clock.advance(seconds=301)
    assert phone.get(link).status_code == 410
    assert len(stored()) == 1  # GET changes nothing
    phone.post(link)
    assert stored() == []


def test_a_superseded_handoff_keeps_no_session(poq: Poq, stored: Stored) -> None:
    poq.request_link(("ITEM-01", 1))
    [old] = stored()
    poq.request_link(("ITEM-02", 1))
    [new] = stored()
    assert new.handoff_id != old.handoff_id


def test_purging_removes_what_the_service_has_left(
    poq: Poq, clock: FakeClock, database: Database, stored: Stored
) -> None:
    poq.request_link(("ITEM-01", 1))
    request = PurgeRequest(anonymise_before=0, delete_before=0)

    list(Purger(database).purge(request))
    assert len(stored()) == 1
    clock.advance(seconds=600)
    list(Purger(database).purge(request))
    assert stored() == []


def test_a_refused_transfer_leaves_nothing(poq: Poq, shop: RunningShop, stored: Stored) -> None:
    shop.state.rules.guest_checkout = False
    assert poq.transfer_bag(("ITEM-01", 1)).status_code == 409
    assert poq.transfer_bag(("ITEM-OOS", 1)).status_code == 422
    assert stored() == []


# The age of a session


def count_quotes(shop: RunningShop) -> int:
    return len(shop.state.quotes.by_number)


def test_a_repeated_transfer_is_the_same_handoff_while_the_session_outlives_the_link(
    poq: Poq, shop: RunningShop, clock: FakeClock, phone: FlaskClient
) -> None:
    link, quotes = poq.request_link(("ITEM-01", 1)), count_quotes(shop)
    clock.advance(seconds=230)
    assert poq.request_link(("ITEM-01", 1)) == link
    assert count_quotes(shop) == quotes
    clock.advance(seconds=299)
    assert open_checkout(use_link(phone, link)) == {"ITEM-01": 1}


def test_a_repeated_transfer_makes_a_new_session_if_the_old_one_is_too_old(
    poq: Poq, app: Flask, clock: FakeClock, stored: Stored
) -> None:
    old = poq.request_link(("ITEM-01", 1))
    clock.advance(seconds=230)
    poq.request_link(("ITEM-01", 1))  # renews the link, not its session
    clock.advance(seconds=11)
    new = poq.request_link(("ITEM-01", 1))
    assert new != old
    assert len(stored()) == 1
    assert use_link(app.test_client(), old).status_code == 410
    assert open_checkout(use_link(app.test_client(), new)) == {"ITEM-01": 1}


def age_sessions(shop: RunningShop, *, seconds: float) -> None:
    """Let the shop's sessions have been written some time ago."""
    for file in shop.sessions.glob("sess_*"):
        written = file.stat().st_mtime - seconds
        os.utime(file, (written, written))


def test_the_last_use_of_a_link_still_finds_the_session_in_the_shop(
    poq: Poq, phone: FlaskClient, shop: RunningShop, clock: FakeClock
) -> None:
    shop.state.rules.session_lifetime = 600
    link = poq.request_link(("ITEM-01", 1))
    clock.advance(seconds=239)
    poq.request_link(("ITEM-01", 1))
    clock.advance(seconds=299)
    assert use_link(phone, link).status_code == 303
    clock.advance(seconds=59)
    age_sessions(shop, seconds=239 + 299 + 59)
    assert open_checkout(use_link(phone, link)) == {"ITEM-01": 1}


# Keys


def test_a_session_opens_for_its_own_handoff_only(
    poq: Poq, app: Flask, database: Database, stored: Stored, captured_log: CapturedLog
) -> None:
    links = [poq.request_link((sku, 1), reference=sku) for sku in ("ITEM-01", "ITEM-02")]
    first, second = stored()
    with database.open_migration_transaction() as connection:
        for row, other in ((first, second), (second, first)):
            connection.execute(
                sa.update(stored_session)
                .where(stored_session.c.handoff_id == row.handoff_id)
                .values(ciphertext=other.ciphertext)
            )
    for link in links:
        assert use_link(app.test_client(), link).status_code == 503
    assert len(captured_log.read_lines("session_store_unavailable")) == 2


def make_keys(*keys: str) -> dict[str, Any]:
    return {**STOREFRONT, "stored_session_keys": tuple(map(SecretStr, keys))}


@pytest.fixture
def database_url(database: Database) -> SecretStr:
    """Return the address of the ledger, for another service beside the first."""
    return SecretStr(database._engines[0].url.render_as_string(hide_password=False))


def test_after_a_rotation_waiting_sessions_still_open(
    poq: Poq, make_app: MakeApp, database_url: SecretStr, stored: Stored
) -> None:
    link, new = poq.request_link(("ITEM-01", 1)), Fernet.generate_key().decode()
    later = make_app(**make_keys(new, KEY), database_url=database_url)
    assert open_checkout(use_link(later.test_client(), link)) == {"ITEM-01": 1}
    Poq(later.test_client()).request_link(("ITEM-02", 1), reference="r-2")
    assert Fernet(new).decrypt(stored()[-1].ciphertext)


def test_without_its_key_a_session_can_be_had_later(
    poq: Poq,
    phone: FlaskClient,
    make_app: MakeApp,
    database_url: SecretStr,
    captured_log: CapturedLog,
) -> None:
    link = poq.request_link(("ITEM-01", 1))
    keyless = make_app(**make_keys(Fernet.generate_key().decode()), database_url=database_url)
    cookie = phone.get(link).headers["Set-Cookie"].partition(";")[0]
    answer = keyless.test_client(use_cookies=False).post(link, headers={"Cookie": cookie})
    assert answer.status_code == 503
    [line] = captured_log.read_lines("session_store_unavailable")
    assert line["reason"] == "stored_session_key_missing"
    assert open_checkout(phone.post(link)) == {"ITEM-01": 1}


def test_without_its_key_an_equal_transfer_makes_a_new_session(
    poq: Poq, make_app: MakeApp, database_url: SecretStr
) -> None:
    old = poq.request_link(("ITEM-01", 1))
    later = make_app(**make_keys(Fernet.generate_key().decode()), database_url=database_url)
    new = Poq(later.test_client()).request_link(("ITEM-01", 1))
    assert new != old
    assert open_checkout(use_link(later.test_client(), new)) == {"ITEM-01": 1}
    assert use_link(later.test_client(), old).status_code == 410


def test_a_link_works_after_the_session_store_has_become_reachable(
    poq: Poq, make_app: MakeApp, database_url: SecretStr
) -> None:
    link = poq.request_link(("ITEM-01", 1))
    later = make_app(database_url=database_url)
    assert open_checkout(use_link(later.test_client(), link)) == {"ITEM-01": 1}


def test_a_transfer_is_not_renewed_if_its_link_has_no_session(
    poq: Poq, app: Flask, make_app: MakeApp, database_url: SecretStr
) -> None:
    former = Poq(make_app(database_url=database_url).test_client()).request_link(("ITEM-01", 1))
    link = poq.request_link(("ITEM-01", 1))
    assert link != former
    assert open_checkout(use_link(app.test_client(), link)) == {"ITEM-01": 1}
