"""The receivers of webhooks, and the outbox that keeps events for them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from handoff.ledger.webhook_outbox_writer import WebhookOutboxWriter
from handoff.settings import Settings
from handoff.settings.webhook_settings import select_secrets


@dataclass(frozen=True, slots=True)
class Receiver:
    """An address that gets all events, signed with each of its `secrets`.

    The ledger knows it by its `key`, a hash, because the URL can hold a secret. `name` is for logs
    and metrics: the host, and the start of the key.
    """

    url: str = field(repr=False)
    key: str
    name: str
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def from_url(cls, url: str, secrets: tuple[str, ...] = ()) -> Receiver:
        """Return the receiver at a URL."""
        key = hashlib.sha256(url.encode()).hexdigest()
        return cls(url, key, f"{urlsplit(url).hostname} {key[:6]}", secrets)


def list_receivers(settings: Settings) -> list[Receiver]:
    """Return the receivers in the order of the settings."""
    urls = [url.get_secret_value() for url in settings.webhook_url]
    return [Receiver.from_url(url, select_secrets(settings.webhook_secret, url)) for url in urls]


def build_outbox(settings: Settings) -> WebhookOutboxWriter | None:
    """Return the outbox for the receivers of the settings, or None if there are none."""
    keys = [receiver.key for receiver in list_receivers(settings)]
    return WebhookOutboxWriter(keys) if keys else None
