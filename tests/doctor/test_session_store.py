"""The session store: what it lets us do, and why it does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from handoff.deadline import Deadline
from handoff.doctor import Case, Finding, Reading
from handoff.doctor.traces import Traces
from handoff.doctor.way_in.session_store import store_takes_sessions
from handoff.settings import load_settings
from tests.doctor.conftest import settings_of
from tests.running import HOST, RedisServer, free_port


def looked_at(store: str, folder: Path) -> tuple[list[Finding], Traces]:
    """Look at a session store alone."""
    values = settings_of("http://127.0.0.1:9", folder / "sessions") | {"session_store": store}
    traces = Traces()
    case = Case(Reading(load_settings(**values)), until=Deadline.after(20), traces=traces)
    return list(store_takes_sessions(case)), traces


@pytest.fixture
def admin(redis_server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis(HOST, redis_server.port, db=2) as client:
        yield client
        client.replicaof("NO", "ONE")
        client.acl_deluser("handoff")
        client.flushall()


def test_a_redis_user_who_may_do_anything_is_warned_of(
    redis_server: RedisServer, admin: redis.Redis, tmp_path: Path
) -> None:
    [takes, rights], _ = looked_at(redis_server.url, tmp_path)
    assert (takes.verdict, rights.verdict) == ("ok", "warning")
    for allowed in ("read a session", "delete one", "list them", "other keys"):
        assert allowed in rights.seen
    [key] = admin.keys()
    assert 0 < int(str(admin.ttl(key))) <= 60


def test_a_redis_user_who_only_writes_is_right(
    redis_server: RedisServer, admin: redis.Redis, tmp_path: Path
) -> None:
    admin.acl_setuser(
        "handoff",
        enabled=True,
        passwords=["+a-fine-password"],
        keys=["sess_*"],
        commands=["+hset", "+expire", "+select"],
    )
    store = f"redis://handoff:a-fine-password@{HOST}:{redis_server.port}/2"
    [takes, found], _ = looked_at(store, tmp_path)
    assert (takes.verdict, found.verdict) == ("ok", "ok")
    assert "a-fine-password" not in takes.seen


def test_a_replica_is_told_to_be_one(
    redis_server: RedisServer, admin: redis.Redis, tmp_path: Path
) -> None:
    admin.replicaof(HOST, free_port())
    [found], _ = looked_at(redis_server.url, tmp_path)
    assert found.verdict == "fault"
    assert "can only be read" in found.seen
    assert "primary" in found.advice


def test_a_wrong_password_is_told_without_it(
    redis_server: RedisServer, admin: redis.Redis, tmp_path: Path
) -> None:
    store = f"redis://handoff:a-wrong-password@{HOST}:{redis_server.port}/2"
    [found], _ = looked_at(store, tmp_path)
    assert found.verdict == "fault"
    assert "user name or password" in found.seen
    assert "a-wrong-password" not in str(found)


def test_a_redis_that_is_away_is_told(tmp_path: Path) -> None:
    [found], _ = looked_at(f"redis://{HOST}:{free_port()}/2", tmp_path)
    assert found.verdict == "fault"
    assert "cannot be reached" in found.seen


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    [found], _ = looked_at((tmp_path / "nowhere").as_uri(), tmp_path)
    assert found.verdict == "fault"
    assert "no such folder" in found.seen


def test_files_of_another_owner_than_phps_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sess_ofphp").write_bytes(b"")
    [takes, owner], traces = looked_at(tmp_path.as_uri(), tmp_path)
    assert (takes.verdict, owner.verdict) == ("ok", "ok")
    assert "as PHP's own are" in owner.seen
    traces.clear()
    assert [file.name for file in tmp_path.iterdir()] == ["sess_ofphp"]
