"""Creates the clients of the shop from the settings, for the service and the commands."""

from __future__ import annotations

from handoff.magento.admin_access import AccessToken, AdminAccess, AdminLogin
from handoff.magento.client import MagentoClient
from handoff.magento.orders import Orders
from handoff.settings import Settings


def open_client(settings: Settings) -> MagentoClient:
    """Return the client for the shop's REST and GraphQL. It does not connect yet."""
    return MagentoClient(
        settings.magento_url, host=settings.magento_host, ca_file=settings.magento_ca_file
    )


def open_admin_access(client: MagentoClient, settings: Settings) -> AdminAccess | None:
    """Return the staff access from the settings, a token or a login, or None if there is none."""
    if settings.magento_access_token:
        return AccessToken(settings.magento_access_token.get_secret_value())
    if settings.magento_admin_username and settings.magento_admin_password:
        password = settings.magento_admin_password.get_secret_value()
        store_code = settings.store_views.first.code
        return AdminLogin(client, settings.magento_admin_username, password, store_code)
    return None


def open_orders(client: MagentoClient, settings: Settings) -> Orders | None:
    """Return the client for orders, or None if the settings give no access to them."""
    access = open_admin_access(client, settings)
    return Orders(client, access, store=settings.store_views.first.code) if access else None
