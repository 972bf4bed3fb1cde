"""The shop's session store: may we write there, and only write?"""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Iterator
from pathlib import Path

import redis

from handoff.doctor import sessions
from handoff.doctor.case import Case
from handoff.doctor.finding import Finding, fault, ok, unknown, warning
from handoff.settings import Settings
from handoff.shop_session import SessionStoreError, new_session_id

_NAME = "Session store"
_RIGHTS = "Rights in the session store"
_ACL = "ACL SETUSER handoff on '>…' resetkeys '~sess_*' -@all +hset +expire +select"

# What the store's exceptions are called, and what they mean here.
_WHY = {
    "ReadOnlyError": (
        "It is a replica that can only be read: no shopper gets in.",
        "Set HANDOFF_SESSION_STORE to the primary, or name the Sentinels that know it.",
    ),
    "NoPermissionError": (
        "It does not let this user write sessions.",
        f"Give the Redis user the right to: {_ACL}",
    ),
    "AuthenticationError": (
        "It does not take the user name or password.",
        "Set both in HANDOFF_SESSION_STORE, %-encoded where they hold '/', '#' or '@'.",
    ),
    "AuthenticationWrongNumberOfArgsError": (
        "It knows no user names.",
        "Leave the user name out of HANDOFF_SESSION_STORE, or update Redis to 6.",
    ),
    "OutOfMemoryError": (
        "It is full.",
        "Give Redis more memory, or a maxmemory-policy that drops old sessions.",
    ),
    "BusyLoadingError": ("It is still starting.", "Try again in a minute."),
    "TimeoutError": (
        "It does not answer in time.",
        "Look whether its host and port are right, and a firewall is between.",
    ),
    "MasterNotFoundError": (
        "No Sentinel answers, or none knows a master by that name.",
        "Look at hosts and name in HANDOFF_SESSION_STORE, and HANDOFF_SENTINEL_PASSWORD.",
    ),
    "ConnectionError": (
        "It cannot be reached.",
        "Look whether it runs, whether its host and port are right, and whether it wants TLS.",
    ),
    "FileNotFoundError": (
        "There is no such folder.",
        "Set HANDOFF_SESSION_STORE to PHP's session.save_path, as the shop's env.php has it.",
    ),
    "NotADirectoryError": (
        "It is no folder.",
        "Set HANDOFF_SESSION_STORE to PHP's session.save_path, as the shop's env.php has it.",
    ),
    "PermissionError": (
        "This user may not write there, or not hand files over.",
        "Run Handoff as PHP's user. To hand files over it needs CAP_CHOWN.",
    ),
    "KeyError": (
        "The owner that it names is no user of this machine.",
        "Set ?owner= in HANDOFF_SESSION_STORE to PHP's user.",
    ),
}


def store_takes_sessions(case: Case) -> Iterator[Finding]:
    """Write a session of nobody that lives for a minute, and look what else is allowed."""
    settings, session_id = case.settings, new_session_id()
    place = sessions.where(settings)
    try:
        sessions.for_a_minute(settings).write(session_id, b"")
    except SessionStoreError as error:
        seen, advice = _WHY.get(
            str(error),
            (f"It does not take a session ({error}).", "Look into the log of the session store."),
        )
        yield fault(_NAME, f"{place}: {seen}", advice)
        return
    sessions.leave(settings, session_id, case.traces)
    yield ok(_NAME, f"{place}, takes sessions.")
    file = sessions.session_file(settings, session_id)
    yield _owner(settings, file) if file else _rights(settings)


def _rights(settings: Settings) -> Finding:
    """Try, on keys that do not exist, what a service that only writes need not be able to do."""
    key, foreign = f"sess_{new_session_id()}", f"handoff_doctor_{new_session_id()}"
    with sessions.client(settings) as client:
        tries: dict[str, Callable[[], object]] = {
            "read a session": lambda: client.hgetall(key),
            "delete one": lambda: client.delete(key),
            "list them": lambda: client.scan(0, match=key, count=1),
            "touch other keys than sessions": lambda: client.expire(foreign, 60),
        }
        allowed = [words for words, attempt in tries.items() if _is_allowed(attempt)]
    if not allowed:
        return ok(_RIGHTS, "It may write sessions, and neither read, list nor delete them.")
    return warning(
        _RIGHTS,
        f"More than is needed. It may: {', '.join(allowed)}.",
        f"Make a Redis user for Handoff alone, and keep it by ACL SAVE: {_ACL}",
    )


def _is_allowed(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except redis.RedisError:
        return False
    return True


def _owner(settings: Settings, written: Path) -> Finding:
    """Compare the owner of what we wrote with the owner of what PHP wrote."""
    ours = written.stat().st_uid
    try:
        files = [one for one in os.scandir(written.parent) if one.name.startswith("sess_")][:200]
        owners = {one.stat().st_uid for one in files if one.name != written.name}
    except OSError:
        return unknown(
            "Owner of session files",
            "The folder cannot be listed, so PHP's own files are not to be seen.",
            "Whether checkout opens, below, says it.",
        )
    if owners and ours not in owners:
        return fault(
            "Owner of session files",
            f"PHP's belong to {_user(owners.pop())}, ours to {_user(ours)}: PHP refuses ours.",
            "Run Handoff as PHP's user, or add ?owner= with that user to HANDOFF_SESSION_STORE.",
        )
    given = settings.session_store_url.owner
    whose = f"handed over to {given}" if given else f"owned by {_user(ours)}"
    seen = "as PHP's own are" if owners else "and there are none of PHP's yet to compare with"
    return ok("Owner of session files", f"They are {whose}, {seen}.")


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
