"""The settings for the ledger, the limits and the state of the service."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from handoff.settings.group import DefaultText, SettingsGroup
from handoff.settings.value_types import DatabaseUrl, RateLimitStorageUrl

_DEFAULT_DATABASE = "sqlite:///instance/handoff.db"


class LedgerAndLimitSettings(SettingsGroup):
    """Ledger and limits"""

    database_url: Annotated[DatabaseUrl, DefaultText(f"`{_DEFAULT_DATABASE}`")] = SecretStr(
        _DEFAULT_DATABASE
    )
    """The ledger: `sqlite:///relative/path`, `sqlite:////absolute/path` or
    `postgresql+psycopg://user:password@host/database`, which takes libpq's parameters."""

    magento_timeout: Annotated[float, Field(gt=0, le=60)] = 8.0
    """Seconds that one request may spend on the shop and the ledger, retries included. A shopper's
    request gets half a second more to write down what was done."""

    rate_limit_storage_url: Annotated[
        RateLimitStorageUrl | None, DefaultText("none: each worker counts in its own memory")
    ] = None
    """A Redis in which all workers and hosts
    [count rate limits together](running.md#count-rate-limits-together):
    `redis://user:password@host:6379/0`, `rediss://…` or `unix:///path?db=0`."""

    transfers_per_minute: Annotated[int, Field(ge=0, le=10**9)] = 3000
    """Transfers that one key may make in a minute. 0: no limit."""

    refusals_per_minute: Annotated[int, Field(ge=0, le=10**9)] = 60
    """Unknown links, refused direct entries, and wrong keys, from one address in a minute. 0: no
    limit."""

    entries_per_minute: Annotated[int, Field(ge=0, le=10**9)] = 10
    """Direct entries of one quote in a minute. 0: no limit."""

    metrics: bool = False
    """`true`: `/metrics` answers."""

    paused: bool = False
    """`true`: everyone is asked to come back later."""
