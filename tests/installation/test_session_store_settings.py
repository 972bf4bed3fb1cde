"""The session store that the section `session` of env.php names."""

from __future__ import annotations

from typing import Any

import pytest

from handoff.installation.session_store_settings import (
    SessionStoreNotSupported,
    plan_session_store,
)
from handoff.installation.shop_config_files import ShopConfiguration


def describe_redis(**options: Any) -> dict[str, Any]:
    return {"save": "redis", "redis": options}


@pytest.mark.parametrize(
    ("section", "url"),
    [
        (describe_redis(host="::1", database=2), "redis://[::1]:6379/2"),
        (describe_redis(host="tls://cache:6380"), "rediss://cache:6380/0"),
        (describe_redis(host="/run/redis sock"), "unix:///run/redis%20sock?db=0"),
        (describe_redis(host="h", password="{login}"), "redis://:%7Blogin%7D@h:6379/0"),
        (describe_redis(host="h", password="p\udce9"), "redis://:p%E9@h:6379/0"),
        ({"save": "files", "save_path": "/a b?#"}, "file:///a%20b%3F%23?owner=php"),
    ],
)
def test_the_address_is_written_as_a_url(section: dict[str, Any], url: str) -> None:
    assert plan_session_store(ShopConfiguration({"session": section}, "php")).build_url() == url


@pytest.mark.parametrize(
    "section",
    [
        describe_redis(host="a b"),
        describe_redis(host="h\nHANDOFF_PAUSED=1"),
        describe_redis(host="tcp://h:99999"),
        describe_redis(host="tcp://[::1"),
        describe_redis(host="h", port=-1),
        describe_redis(host="h", database=-1),
        describe_redis(host="h", username="secret-\udce9"),
        describe_redis(sentinel_servers="a,b", sentinel_master=""),
        describe_redis(
            sentinel_servers="a", sentinel_master="m", sentinel_password="secret-\udce9"
        ),
        {"save": "files", "save_path": "relative/folder"},
        {"save": "files", "save_path": "/folder-\udce9"},
        {"save": "redis2"},
    ],
)
def test_an_address_that_handoff_cannot_use_is_refused(section: dict[str, Any]) -> None:
    with pytest.raises(SessionStoreNotSupported) as refusal:
        plan_session_store(ShopConfiguration({"session": section}, "php"))
    assert "secret" not in str(refusal.value)
