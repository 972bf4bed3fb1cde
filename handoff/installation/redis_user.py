"""Handoff's own user in the shop's Redis, which may write sessions and nothing else."""

from __future__ import annotations

import secrets
import shlex
from typing import Any

import redis

from handoff.installation.session_store_settings import RedisLogin, SessionStorePlan
from handoff.settings.session_store_url import SessionStoreAccess
from handoff.shop_session.redis_client import build_redis_client
from handoff.shop_session.redis_store import REDIS_RULES

REDIS_USER = "handoff"


class RedisUserNotCreated(Exception):
    """Redis did not create the user. The message says why and holds no password."""


def generate_redis_login() -> RedisLogin:
    """Return a login with a new password, which Redis does not know yet."""
    return RedisLogin(REDIS_USER, secrets.token_urlsafe(24))


def build_acl_command(store: SessionStorePlan, login: RedisLogin) -> str:
    """Return the command that creates the user, to be pasted into a shell."""
    url = store.parse_url()
    words = ["redis-cli"]
    if url.path:
        words += ["-s", url.path]
    elif not url.sentinel_master:  # the Sentinels name the Redis
        [(host, port)] = url.hosts
        words += ["-h", host, "-p", str(port)]
    words += ["--tls"] if url.has_tls else []
    words += ["--askpass"] if url.password else []
    return shlex.join([*words, "ACL", "SETUSER", login.username, *_list_rules(login)])


def build_configuration_line(login: RedisLogin) -> str:
    """Return the line of redis.conf with which Redis has the user after a restart."""
    return " ".join(["user", login.username, *_list_rules(login)])


def create_and_save_redis_user(
    store: SessionStorePlan, access: SessionStoreAccess, login: RedisLogin
) -> bool:
    """Create the user with the shop's own login. Return whether it outlives a restart of Redis.

    Raises RedisUserNotCreated.
    """
    client: Any = build_redis_client(store.parse_url(), access)
    try:
        client.execute_command("ACL", "SETUSER", login.username, *_list_rules(login))
        return _try_to_save_users(client)
    except redis.RedisError as error:
        raise RedisUserNotCreated(f"Redis did not create the user: {error}.") from None
    finally:
        client.close()


def _list_rules(login: RedisLogin) -> list[str]:
    return ["on", f">{login.password}", *REDIS_RULES]


def _try_to_save_users(client: Any) -> bool:
    try:
        client.execute_command("ACL", "SAVE")
    except redis.ResponseError:  # Redis has no `aclfile` in its configuration
        return False
    return True
