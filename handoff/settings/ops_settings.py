"""The settings for the pages of the support desk."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

from handoff.settings.group import DefaultText, SettingsGroup
from handoff.url_validation import BaseUrl, is_loopback

MIN_PASSWORD_LENGTH = 12
"""Characters of the shortest password for the pages."""


def _check_ops_password(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < MIN_PASSWORD_LENGTH:
        raise ValueError(f"must have {MIN_PASSWORD_LENGTH} or more characters")
    return value


def _check_ops_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.path:
        raise ValueError("must not have a path: the pages are at /ops/ of a host of their own")
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ValueError("must start with https://, except on this machine itself")
    return value


class OpsSettings(SettingsGroup):
    """Pages for the support desk"""

    ops_password: Annotated[SecretStr, AfterValidator(_check_ops_password)] | None = None
    """The password of the [pages for the support desk](support-desk.md), with 12 characters or
    more. Without it there are no such pages."""

    ops_url: Annotated[
        Annotated[BaseUrl, AfterValidator(_check_ops_url)] | None,
        DefaultText("none: the pages answer on this machine only"),
    ] = None
    """The address at which a proxy serves these pages, with a host of its own and https:
    `https://ops.shop.example`. They answer for no other host then."""
