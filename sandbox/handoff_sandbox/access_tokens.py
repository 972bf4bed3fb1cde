"""Access tokens, shaped and signed as Magento's JWTs are."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes

from handoff_sandbox.formats import Clock

INTEGRATION = 1
ADMIN = 2
CUSTOMER = 3
LIFETIME = 3600


@dataclass(frozen=True, slots=True)
class TokenUser:
    """The user of a valid token: its id, and the type: integration, administrator or customer."""

    id: int
    type: int

    @property
    def is_admin(self) -> bool:
        """Whether it has an administrator's rights, as the shop's integration has."""
        return self.type in (INTEGRATION, ADMIN)

    @property
    def is_customer(self) -> bool:
        """Whether it is a customer."""
        return self.type == CUSTOMER


@dataclass(slots=True)
class AccessTokens:
    """Issues, reads and revokes tokens."""

    clock: Clock
    key: bytes = field(default_factory=lambda: token_bytes(32))
    revoked_at: dict[TokenUser, float] = field(default_factory=dict)

    def issue(self, user: TokenUser, *, at: float | None = None) -> str:
        """Return a new token, issued now or at a time in Unix seconds."""
        issued = int(self.clock() if at is None else at)
        claims = {"uid": user.id, "utypid": user.type, "iat": issued, "exp": issued + LIFETIME}
        body = f"{_encode_json({'kid': '1', 'alg': 'HS256'})}.{_encode_json(claims)}"
        return f"{body}.{self._sign(body)}"

    def read(self, token: str) -> TokenUser | None:
        """Return the user, or None if the token is malformed, forged, expired or revoked."""
        body, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._sign(body).encode(), signature.encode()):
            return None
        claims = json.loads(urlsafe_b64decode(body.partition(".")[2] + "=="))
        user = TokenUser(claims["uid"], claims["utypid"])
        if claims["exp"] <= self.clock() or claims["iat"] < self.revoked_at.get(user, 0):
            return None
        return user

    def revoke(self, user: TokenUser) -> None:
        """Revoke all tokens that the user has now."""
        self.revoked_at[user] = int(self.clock()) + 1

    def _sign(self, body: str) -> str:
        return _encode_base64(hmac.new(self.key, body.encode(), sha256).digest())


def _encode_json(values: Mapping[str, object]) -> str:
    return _encode_base64(json.dumps(values, separators=(",", ":")).encode())


def _encode_base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
