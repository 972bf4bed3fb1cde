"""The settings for webhooks."""

from __future__ import annotations

from typing import Annotated

from handoff.settings.group import SettingsGroup
from handoff.settings.value_types import COMMA_SEPARATED, WebhookUrl
from handoff.settings.webhook_secrets import WebhookSecretEntry


class WebhookSettings(SettingsGroup):
    """Webhooks"""

    webhook_url: Annotated[tuple[WebhookUrl, ...], *COMMA_SEPARATED] = ()
    """The addresses to which `handoff deliver` posts the [events](webhooks.md) of handoffs,
    separated by commas. They are https. On this machine itself, http is allowed."""

    webhook_secret: Annotated[tuple[WebhookSecretEntry, ...], *COMMA_SEPARATED] = ()
    """The secrets that sign the events: `whsec_` and 24 to 64 random bytes in base64. Several are
    separated by commas, and each event is signed with all of them: see
    [Replace a secret](webhooks.md#replace-a-secret). `https://crm.example.com/in=whsec_…` is for
    this address alone, and then no other secret signs its events: see
    [A secret for each receiver](webhooks.md#a-secret-for-each-receiver)."""
