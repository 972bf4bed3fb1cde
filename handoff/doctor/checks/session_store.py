"""Check: can the service write sessions to the shop's session store, and do nothing else there?"""

from __future__ import annotations

import os
import pwd
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import redis

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown, warning
from handoff.doctor.checks.session_table import check_session_table
from handoff.doctor.session_store_errors import SERVER_ERROR_TEXTS, explain_store_error
from handoff.doctor.trial_sessions import get_session_file, write_session
from handoff.settings import Settings
from handoff.shop_session.redis_client import build_redis_client
from handoff.shop_session.redis_store import REDIS_RULES
from handoff.shop_session.store import SessionStoreError, generate_session_id

_ACL = shlex.join(["ACL", "SETUSER", "handoff", "on", ">…", *REDIS_RULES])
_SAVE_PATH_ADVICE = (
    "Set HANDOFF_SESSION_STORE to PHP's session.save_path, as the shop's env.php has it."
)

# The finding and the advice, by the type of the session store's error.
_ERROR_TEXTS = {
    **SERVER_ERROR_TEXTS,
    "ReadOnlyError": (
        "It is a read-only replica: no shopper gets in.",
        "Set HANDOFF_SESSION_STORE to the primary, or name the Sentinels that know it.",
    ),
    "NoPermissionError": (
        "It does not let this user write sessions.",
        f"Give the Redis user this right: `{_ACL}`",
    ),
    "AuthenticationError": (
        "It refuses the user name or password.",
        "Set both in HANDOFF_SESSION_STORE, with '/', '#' and '@' %-encoded.",
    ),
    "AuthenticationWrongNumberOfArgsError": (
        "It does not support user names.",
        "Remove the user name from HANDOFF_SESSION_STORE, or update Redis to 6.",
    ),
    "OutOfMemoryError": (
        "It is full.",
        "Give Redis more memory, or a maxmemory-policy that evicts old sessions.",
    ),
    "SessionLostError": (
        "It is full, or was emptied, and dropped the session at once.",
        "Give Redis more memory.",
    ),
    "BusyLoadingError": ("It is still starting.", "Try again in a minute."),
    "MasterNotFoundError": (
        "No Sentinel answers, or none knows a master by that name.",
        "Check hosts and name in HANDOFF_SESSION_STORE, and HANDOFF_SENTINEL_PASSWORD.",
    ),
    "FileNotFoundError": ("The folder does not exist.", _SAVE_PATH_ADVICE),
    "NotADirectoryError": ("It is not a folder.", _SAVE_PATH_ADVICE),
    "PermissionError": (
        "This user may not write there, or not change the owner of files.",
        "Run Handoff as PHP's user. To change the owner of files it needs CAP_CHOWN.",
    ),
    "KeyError": (
        "Its owner is not a user of this machine.",
        "Set ?owner= in HANDOFF_SESSION_STORE to PHP's user.",
    ),
}


def check_session_store(context: CheckContext) -> Iterator[CheckResult]:
    """Write an empty session that lives for a minute, and check the rights or the file's owner."""
    settings = context.settings
    if settings.session_store_url.is_storefront:
        yield ok("None: the shop's own pages make the sessions, for bags of guests only.")
        return
    if settings.session_store_url.is_database:
        yield from check_session_table(context)
        return
    location = settings.session_store_url.description
    try:
        session_id = write_session(context.shop, {})
    except SessionStoreError as error:
        yield explain_store_error(location, error, _ERROR_TEXTS)
        return
    yield ok(f"{location}: a session was written.")
    file = get_session_file(settings, session_id)
    if file:
        yield _check_file_owner(settings, file).with_name("Owner of session files")
    else:
        yield _check_redis_rights(settings).with_name("Rights in the session store")


def _check_redis_rights(settings: Settings) -> CheckResult:
    """Try the command that reads a session, and some that Handoff does not need.

    None of their keys exists.
    """
    key, foreign_key = f"sess_{generate_session_id()}", f"handoff_doctor_{generate_session_id()}"
    with build_redis_client(settings.session_store_url, settings.session_store_access) as client:
        commands: dict[str, Callable[[], object]] = {
            "delete sessions": lambda: client.delete(key),
            "list sessions": lambda: client.scan(0, match=key, count=1),
            "change other keys": lambda: client.expire(foreign_key, 60),
        }
        can_read = _try_command(lambda: client.hget(key, "data"))
        allowed = [label for label, command in commands.items() if _try_command(command)]
    if not can_read:
        return warning(
            "It may not read the session of a checkout preflight. So a password change between "
            "a transfer and checkout does not end the customer's session.",
            f"Give the Redis user the right to HGET: `{_ACL}` Then keep it: `ACL SAVE`",
        )
    if not allowed:
        return ok("It may write and read a session by its id, but not list sessions or use DEL.")
    return warning(
        f"The Redis user has more rights than it needs. It may: {', '.join(allowed)}.",
        f"Create a Redis user for Handoff alone: `{_ACL}` Then keep it: `ACL SAVE`",
    )


def _try_command(command: Callable[[], object]) -> bool:
    """Run a command and return whether Redis carried it out."""
    try:
        command()
    except redis.RedisError:
        return False
    return True


def _check_file_owner(settings: Settings, written: Path) -> CheckResult:
    """Compare the owner of our session file with the owner of PHP's own."""
    our_owner = written.stat().st_uid
    our_name = _get_user_name(our_owner)
    try:
        files = [entry for entry in os.scandir(written.parent) if entry.name.startswith("sess_")]
        others = {entry.stat().st_uid for entry in files[:200] if entry.name != written.name}
    except OSError:
        return unknown(
            "The folder cannot be listed, so PHP's own files cannot be compared.",
            "See the check Bag into checkout.",
        )
    if others and our_owner not in others:
        other_name = _get_user_name(others.pop())
        return fault(
            f"PHP refuses ours: they belong to {our_name}, its own to {other_name}.",
            "Run Handoff as PHP's user, or add ?owner= with that user to HANDOFF_SESSION_STORE.",
        )
    owner = settings.session_store_url.owner or our_name
    compared = "like PHP's own" if others else "and there are none of PHP's yet to compare with"
    return ok(f"They belong to {owner}, {compared}.")


def _get_user_name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
