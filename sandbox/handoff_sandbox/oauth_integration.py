"""An integration of the shop: calls signed by OAuth 1.0a, checked as Magento checks them.

Magento decodes names and values with rawurldecode, which leaves a + as it is, and sorts names in
natural order: [2] before [10].
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from flask import Request

from handoff_sandbox.errors import InputError, Unauthorized
from handoff_sandbox.formats import Clock

METHOD = "HMAC-SHA256"
_TOKEN_LENGTH = 32
_MAX_LEAD = 600  # seconds that a timestamp may be ahead of the shop's clock
_REQUIRED = ("consumer_key", "signature", "signature_method", "nonce", "timestamp", "token")
_PARAMETER = re.compile(r"oauth_[a-z_-]+")


@dataclass(slots=True)
class ShopIntegration:
    """The values of an integration as the admin shows them, and the nonces that it has used.

    `accepts_bearer` is Magento's setting enable_integration_as_bearer, which is off by default.
    """

    clock: Clock
    consumer_key: str = "c0nsumerkey0fthestand1nsh0p00001"
    consumer_secret: str = "c0nsumersecret0fthestand1nsh0p01"
    token: str = "acc3sst0ken0fthestand1nsh0p00001"
    token_secret: str = "t0kensecret0fthestand1nsh0p00001"
    accepts_bearer: bool = False
    nonces: set[str] = field(default_factory=set)

    def require_valid_signature(self, request: Request) -> None:
        """Raise InputError or Unauthorized unless this integration has signed the request."""
        header = request.headers.get("Authorization", "").partition(" ")[2]
        parameters = dict(_parse_header(header))
        oauth = {name.removeprefix("oauth_"): value for name, value in parameters.items()}
        for name in _REQUIRED:
            if name not in oauth:
                raise InputError.build_for_missing_field(f"oauth_{name}")
        if len(oauth["token"]) != _TOKEN_LENGTH:
            raise InputError("The token length is invalid. Check the length and try again.")
        if oauth["signature_method"] != METHOD:
            method = oauth["signature_method"]
            raise InputError("Signature method %1 is not supported", [method])
        if oauth["consumer_key"] != self.consumer_key:
            raise Unauthorized("A consumer having the specified key does not exist")
        self._use_nonce(oauth["nonce"], oauth["timestamp"])
        if oauth["token"] != self.token:
            raise Unauthorized("Specified token does not exist")
        del parameters["oauth_signature"]
        parameters |= _read_query(request.query_string.decode("ascii"))
        if not hmac.compare_digest(self._sign(request, parameters), oauth["signature"]):
            raise Unauthorized("The signature is invalid. Verify and try again.")

    def _use_nonce(self, nonce: str, timestamp: str) -> None:
        if not timestamp.isdigit() or not 0 < int(timestamp) <= self.clock() + _MAX_LEAD:
            raise Unauthorized("An error occurred validating the nonce")
        if nonce in self.nonces:
            raise Unauthorized("The nonce is already being used by the consumer with ID %1", ["1"])
        self.nonces.add(nonce)

    def _sign(self, request: Request, parameters: dict[str, str]) -> str:
        scheme = request.headers.get("X-Forwarded-Proto", request.scheme)
        encoded = {
            _percent_encode(name): _percent_encode(value) for name, value in parameters.items()
        }
        pairs = (f"{name}={encoded[name]}" for name in sorted(encoded, key=_get_natural_order))
        parts = (request.method, f"{scheme}://{request.host}{request.path}", "&".join(pairs))
        key = f"{_percent_encode(self.consumer_secret)}&{_percent_encode(self.token_secret)}"
        text = "&".join(map(_percent_encode, parts))
        return b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).decode()


def _parse_header(header: str) -> list[tuple[str, str]]:
    pairs = (part.strip().partition("=") for part in header.split(","))
    return [
        (unquote(name), unquote(value.strip('"')))
        for name, _, value in pairs
        if _PARAMETER.search(name)
    ]


def _read_query(query: str) -> dict[str, str]:
    pairs = (pair.split("=") for pair in query.split("&"))
    return {unquote(pair[0]): unquote(pair[1]) for pair in pairs if len(pair) == 2}


def _percent_encode(text: str) -> str:
    return quote(text, safe="~")


def _get_natural_order(name: str) -> list[tuple[bool, int, str]]:
    parts = re.findall(r"\d+|\D+", name)
    return [(not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]
