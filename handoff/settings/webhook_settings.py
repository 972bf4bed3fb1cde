"""The settings for webhooks, and the secrets in them: each for one receiver or for all others.

An entry of `HANDOFF_WEBHOOK_SECRET` is `address=whsec_…`, with an address of
`HANDOFF_WEBHOOK_URL`, or a secret alone.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, SecretStr

from handoff.settings.group import SettingsGroup
from handoff.settings.value_types import COMMA_SEPARATED, WebhookUrl

_ENTRY = re.compile("(?:(?P<address>.*)=)?(?P<secret>whsec_(?P<encoded>[^=]*=*))")


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    """A secret for the receiver at `address`; None means each receiver without its own secret."""

    secret: SecretStr
    address: SecretStr | None = None

    @classmethod
    def parse(cls, text: str) -> WebhookSecret:
        """Return the secret of an entry, or raise ValueError with a description of valid ones."""
        entry = _ENTRY.fullmatch(text)
        if entry is None or not _has_right_length(entry["encoded"]):
            raise ValueError(
                "must be whsec_ and 24 to 64 random bytes in base64, alone or behind an address "
                "and ="
            )
        address = entry["address"]
        return cls(SecretStr(entry["secret"]), None if address is None else SecretStr(address))


def select_secrets(secrets: Sequence[WebhookSecret], address: str) -> tuple[str, ...]:
    """Return the secrets that sign events for an address: its own, or those for all others."""
    own = [known for known in secrets if known.address == SecretStr(address)]
    selected = own or [known for known in secrets if known.address is None]
    return tuple(known.secret.get_secret_value() for known in selected)


def _has_right_length(encoded: str) -> bool:
    try:
        return 24 <= len(base64.b64decode(encoded, validate=True)) <= 64
    except ValueError:
        return False


def _parse_entry(value: object) -> object:
    return WebhookSecret.parse(value) if isinstance(value, str) else value


_Entry = Annotated[WebhookSecret, BeforeValidator(_parse_entry)]


class WebhookSettings(SettingsGroup):
    """Webhooks"""

    webhook_url: Annotated[tuple[WebhookUrl, ...], *COMMA_SEPARATED] = ()
    """The addresses to which `handoff deliver` posts the [events](webhooks.md) of handoffs,
    separated by commas. They are https. On this machine itself, http is allowed."""

    webhook_secret: Annotated[tuple[_Entry, ...], *COMMA_SEPARATED] = ()
    """The secrets that sign the events: `whsec_` and 24 to 64 random bytes in base64. Several are
    separated by commas, and each event is signed with all of them: see
    [Replace a secret](webhooks.md#replace-a-secret). `https://crm.example.com/in=whsec_…` is for
    this address alone, and then no other secret signs its events: see
    [A secret for each receiver](webhooks.md#a-secret-for-each-receiver)."""
