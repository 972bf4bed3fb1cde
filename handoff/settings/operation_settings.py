"""The settings for the ledger, the calls of the shop, and the limits."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from handoff.settings.group import DefaultText, SettingsGroup
from handoff.settings.value_types import DatabaseUrl, RateLimitStorageUrl, ShopKey, ShopSecret

_DEFAULT_DATABASE = "sqlite:///instance/handoff.db"


class OperationSettings(SettingsGroup):
    """Ledger, shop calls and limits"""

    database_url: Annotated[DatabaseUrl, DefaultText(f"`{_DEFAULT_DATABASE}`")] = SecretStr(
        _DEFAULT_DATABASE
    )
    """The ledger: `sqlite:///relative/path`, `sqlite:////absolute/path` or
    `postgresql+psycopg://user:password@host/database`, which takes libpq's parameters."""

    magento_timeout: Annotated[float, Field(gt=0, le=60)] = 8.0
    """Seconds that one request may spend on the shop and the ledger, retries included. A shopper's
    request gets half a second more to write down what was done."""

    magento_access_token: ShopSecret | None = None
    """The access token of an integration of the shop that may read orders. Alone it is sent as a
    bearer, which the shop has to allow."""

    magento_consumer_key: ShopKey | None = None
    """With the next two and the access token, calls are signed by OAuth 1.0a. Every shop takes
    that. This is the consumer key of the integration."""

    magento_consumer_secret: ShopSecret | None = None
    """The consumer secret of the integration."""

    magento_access_token_secret: ShopSecret | None = None
    """The access token secret of the integration."""

    magento_admin_username: str | None = None
    """Instead of an integration: an administrator's login."""

    magento_admin_password: SecretStr | None = None
    """The password of this login."""

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
