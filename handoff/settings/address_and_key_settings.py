"""The settings for addresses and keys."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from handoff.settings.caller_keys import ApiKey, require_one_caller_each
from handoff.settings.group import DefaultText, SettingsGroup
from handoff.settings.value_types import COMMA_SEPARATED, CaFile, Host, Secret
from handoff.url_validation import BaseUrl


class AddressSettings(SettingsGroup):
    """Addresses and keys"""

    public_url: BaseUrl
    """The address at which Handoff is reached. It may have a path:
    `https://www.shop.example/handoff`."""

    magento_url: BaseUrl
    """The address at which the shop's REST and GraphQL are reached."""

    magento_host: Annotated[Host | None, DefaultText("the host of the URL")] = None
    """The `Host` header for `HANDOFF_MAGENTO_URL`, if it is another host."""

    magento_ca_file: Annotated[CaFile | None, DefaultText("the public ones")] = None
    """A PEM file with the certificate authorities that Handoff trusts for the shop."""

    storefront_url: Annotated[BaseUrl, DefaultText("`HANDOFF_MAGENTO_URL`")] = Field(
        default="", validate_default=False
    )
    """The address at which shoppers see the shop."""

    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = 0
    """The number of your own proxies that stand in front of Handoff and add to
    `X-Forwarded-For`."""

    api_keys: Annotated[
        tuple[ApiKey, ...],
        *COMMA_SEPARATED,
        Field(min_length=1),
        AfterValidator(require_one_caller_each),
    ]
    """Keys that Poq may send, separated by commas. Each has 16 printable ASCII characters or more,
    without space, `/`, `?`, `#` and `%`. A [caller's name](running.md#callers-and-their-keys) may
    stand in front: `poq/first-key,poq/second-key,staging/third-key`."""

    key_in_path: bool = False
    """`true`: the key may also be part of the path."""

    secret_key: Secret
    """The key that signs the links. 16 characters or more, no comma."""

    previous_secret_keys: Annotated[tuple[Secret, ...], *COMMA_SEPARATED] = ()
    """Older secret keys whose links are still valid, separated by commas."""
