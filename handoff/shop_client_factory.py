"""Creates the clients of the shop from the settings, for the service and the commands."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING

from handoff.ledger.admin_login_block import LedgerLoginBlock
from handoff.ledger.database import Database
from handoff.magento.admin_access import (
    AccessToken,
    AdminAccess,
    AdminLogin,
    AdminLoginBlock,
    build_oauth_signer,
)
from handoff.magento.client import MagentoClient, ShopToken
from handoff.magento.orders import Orders
from handoff.settings import Settings

if TYPE_CHECKING:
    from handoff.worker_metrics import WorkerMetrics


def build_magento_client(
    settings: Settings,
    metrics: WorkerMetrics | None = None,
    *,
    source_address: str | None = None,
) -> MagentoClient:
    """Return the client for the shop's REST and GraphQL. It does not connect yet.

    `source_address` is the address of this machine from which it connects.
    """
    return MagentoClient(
        settings.magento_url,
        host=settings.magento_host,
        ca_file=settings.magento_ca_file,
        metrics=metrics,
        source_address=source_address,
    )


def build_login_block(
    settings: Settings, database: Database, *, settings_read_at: float
) -> LedgerLoginBlock | None:
    """Return the block on the administrator's login, None if the settings have no such login.

    `settings_read_at` is in seconds of the monotonic clock.
    """
    password = settings.magento_admin_password
    if settings.magento_access_token or password is None:
        return None
    login = [settings.magento_url, settings.magento_admin_username, password.get_secret_value()]
    key = settings.secret_key.get_secret_value().encode()
    login_hash = hmac.digest(key, json.dumps(login).encode(), "sha256").hex()
    return LedgerLoginBlock(database, login_hash=login_hash, settings_read_at=settings_read_at)


def build_access_token(settings: Settings) -> ShopToken | None:
    """Return the access token of the integration, as a bearer or for signatures by OAuth 1.0a."""
    if settings.magento_access_token is None:
        return None
    token = settings.magento_access_token.get_secret_value()
    consumer_key, consumer_secret = settings.magento_consumer_key, settings.magento_consumer_secret
    token_secret = settings.magento_access_token_secret
    if not consumer_key or consumer_secret is None or token_secret is None:
        return token
    return build_oauth_signer(
        consumer_key, consumer_secret.get_secret_value(), token, token_secret.get_secret_value()
    )


def build_admin_access(
    client: MagentoClient, settings: Settings, block: AdminLoginBlock | None = None
) -> AdminAccess | None:
    """Return the staff access from the settings, a token or a login, or None if there is none.

    `block` remembers a login that the shop has refused.
    """
    token = build_access_token(settings)
    if token is not None:
        return AccessToken(token)
    if settings.magento_admin_username and settings.magento_admin_password:
        password = settings.magento_admin_password.get_secret_value()
        store_code = settings.store_views.default.code
        return AdminLogin(client, settings.magento_admin_username, password, store_code, block)
    return None


def build_orders_client(
    client: MagentoClient, settings: Settings, block: AdminLoginBlock | None = None
) -> Orders | None:
    """Return the client for orders, or None if the settings give no access to them."""
    access = build_admin_access(client, settings, block)
    return Orders(client, access, store=settings.store_views.default.code) if access else None
