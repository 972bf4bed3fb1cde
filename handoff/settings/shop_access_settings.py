"""The settings for access to the shop's API: an integration, or an administrator's login."""

from __future__ import annotations

from pydantic import SecretStr

from handoff.settings.group import SettingsGroup
from handoff.settings.value_types import ShopKey, ShopSecret


class ShopAccessSettings(SettingsGroup):
    """Access to the shop's API"""

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
