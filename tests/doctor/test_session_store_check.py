"""The check of the session store: rights, refusals and owners."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from handoff.doctor.check_result import CheckResult
from handoff.undo_stack import UndoStack
from tests.certificates import Authority
from tests.doctor.conftest import create_context, create_good_settings, run_checks_named
from tests.running_servers import HOST, RedisServer, free_port
from tests.shop_session.test_redis_tls_and_sentinel import build_tls_options


def check_store(url: str, folder: Path, **changes: object) -> tuple[list[CheckResult], UndoStack]:
    """Return the results for a session store, and the cleanup of what was written."""
    settings = create_good_settings("http://127.0.0.1:9", folder / "sessions")
    settings |= {"session_store": url, **changes}
    context = create_context(settings, seconds=20)
    return list(run_checks_named(("Session store",), context).values()), context.shop.undo_stack


@pytest.fixture
def admin(redis_server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis(HOST, redis_server.port, db=2) as client:
        client.flushall()  # other tests of this process share the server
        yield client
        client.replicaof("NO", "ONE")
        client.acl_deluser("handoff")
        client.flushall()


@pytest.mark.processes
def test_a_redis_user_with_all_rights_is_a_warning(
    redis_server: RedisServer, admin: redis.Redis, tmp_path: Path
) -> None:
    [written, rights], _ = check_store(redis_server.url, tmp_path)
    assert (written.severity, rights.severity) == ("ok", "warning")
    for allowed in ("delete sessions", "list sessions", "other keys"):
        assert allowed in rights.seen
    [key] = admin.keys()
    assert 0 < int(str(admin.ttl(key))) <= 60


@pytest.mark.processes
@pytest.mark.parametrize(("rights", "severity"), [(["+hget"], "ok"), ([], "warning")])
def test_a_redis_user_needs_the_rights_to_write_and_to_read_one_session(
    redis_server: RedisServer,
    admin: redis.Redis,
    tmp_path: Path,
    rights: list[str],
    severity: str,
) -> None:
    admin.acl_setuser(
        "handoff",
        enabled=True,
        passwords=["+a-fine-password"],
        keys=["sess_*"],
        commands=["+hset", "+expire", "+select", *rights],
    )
    store = f"redis://handoff:a-fine-password@{HOST}:{redis_server.port}/2"
    [written, found], _ = check_store(store, tmp_path)
    assert (written.severity, found.severity) == ("ok", severity)
    assert ("password change" in found.seen) == (severity == "warning")
    assert "a-fine-password" not in written.seen


@pytest.mark.processes
def test_a_replica_is_a_fault(
    redis_server: RedisServer, admin: redis.Redis, tmp_path: Path
) -> None:
    admin.replicaof(HOST, free_port())
    [found], _ = check_store(redis_server.url, tmp_path)
    assert found.severity == "fault"
    assert "read-only replica" in found.seen
    assert "primary" in found.advice


@pytest.mark.processes
def test_a_wrong_password_is_a_fault_and_is_not_shown(
    redis_server: RedisServer, admin: redis.Redis, tmp_path: Path
) -> None:
    store = f"redis://handoff:a-wrong-password@{HOST}:{redis_server.port}/2"
    [found], _ = check_store(store, tmp_path)
    assert found.severity == "fault"
    assert "user name or password" in found.seen
    assert "a-wrong-password" not in str(found)


def test_a_redis_that_does_not_run_is_a_fault(tmp_path: Path) -> None:
    [found], _ = check_store(f"redis://{HOST}:{free_port()}/2", tmp_path)
    assert found.severity == "fault"
    assert "cannot be reached" in found.seen


@pytest.mark.processes
def test_a_certificate_that_is_not_trusted_is_named(tmp_path: Path) -> None:
    authority, port = Authority(tmp_path), free_port()
    options = build_tls_options(authority, port, asks_for_certificate=False)
    server = RedisServer(port, tmp_path, options)
    server.start()
    try:
        store = f"valkeys://{HOST}:{port}/2"
        [found], _ = check_store(store, tmp_path)
        [written, _], _ = check_store(store, tmp_path, session_store_ca_file=str(authority.file))
    finally:
        server.stop()
    assert found.severity == "fault"
    assert "certificate is not trusted" in found.seen
    assert "HANDOFF_SESSION_STORE_CA_FILE" in found.advice
    assert written.severity == "ok"


def test_a_missing_folder_is_a_fault(tmp_path: Path) -> None:
    [found], _ = check_store((tmp_path / "nowhere").as_uri(), tmp_path)
    assert found.severity == "fault"
    assert "folder does not exist" in found.seen


def test_the_owner_of_session_files_is_compared_with_that_of_phps_own(
    tmp_path: Path,
) -> None:
    (tmp_path / "sess_ofphp").write_bytes(b"")
    [written, owner], undo_stack = check_store(tmp_path.as_uri(), tmp_path)
    assert (written.severity, owner.severity) == ("ok", "ok")
    assert "like PHP's own" in owner.seen
    undo_stack.undo_all()
    assert [file.name for file in tmp_path.iterdir()] == ["sess_ofphp"]
