"""Tokens for the shop's REST and GraphQL: a bearer token, or signatures by OAuth 1.0a.

A bearer token is a customer's, an administrator's or an integration's. Since 2.4.4 Magento takes an
integration's token as a bearer only if that is switched on. It always takes calls that all four
values of the integration have signed.
"""

from __future__ import annotations

from requests import PreparedRequest
from requests.auth import AuthBase

ShopToken = str | AuthBase
"""A bearer token, or the signer of each call. It is a credential."""


class BearerAuth(AuthBase):
    """Sends a bearer token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the header to a request."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def build_auth(token: ShopToken | None) -> AuthBase | None:
    """Return the authentication of a request for `requests`, None without a token."""
    return BearerAuth(token) if isinstance(token, str) else token


def build_oauth_token(
    consumer_key: str, consumer_secret: str, access_token: str, access_token_secret: str
) -> AuthBase:
    """Return the signer of calls for the values of an integration, by HMAC-SHA256.

    The signature covers the address as the shop sees it: with the host of the Host header.
    """
    # Imported here, because it takes 0.1 s and few shops need it.
    from requests_oauthlib import OAuth1

    auth: AuthBase = OAuth1(
        consumer_key,
        client_secret=consumer_secret,
        resource_owner_key=access_token,
        resource_owner_secret=access_token_secret,
        signature_method="HMAC-SHA256",
    )
    return auth
