from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes

from handoff_sandbox.clock import Clock

ADMIN = 2
CUSTOMER = 3
LIFETIME = 3600


@dataclass(frozen=True, slots=True)
class User:
    """Whom a valid token speaks for: an id among the admins (2) or the customers (3)."""

    id: int
    type: int

    @property
    def is_admin(self) -> bool:
        return self.type == ADMIN

    @property
    def is_customer(self) -> bool:
        return self.type == CUSTOMER


@dataclass(slots=True)
class Tokens:
    """Issues and reads tokens that are shaped and signed as Magento's JWTs are."""

    clock: Clock
    key: bytes = field(default_factory=lambda: token_bytes(32))
    revoked_at: dict[User, float] = field(default_factory=dict)

    def issue(self, user: User, *, at: float | None = None) -> str:
        issued = int(self.clock() if at is None else at)
        claims = {"uid": user.id, "utypid": user.type, "iat": issued, "exp": issued + LIFETIME}
        body = f"{_pack({'kid': '1', 'alg': 'HS256'})}.{_pack(claims)}"
        return f"{body}.{self._signature(body)}"

    def read(self, token: str) -> User | None:
        """Give the user, or None where the token is garbage, forged, expired or revoked."""
        body, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(body).encode(), signature.encode()):
            return None
        claims = json.loads(urlsafe_b64decode(body.partition(".")[2] + "=="))
        user = User(claims["uid"], claims["utypid"])
        if claims["exp"] <= self.clock() or claims["iat"] < self.revoked_at.get(user, 0):
            return None
        return user

    def revoke(self, user: User) -> None:
        self.revoked_at[user] = int(self.clock()) + 1

    def _signature(self, body: str) -> str:
        return _text(hmac.new(self.key, body.encode(), sha256).digest())


def _pack(values: Mapping[str, object]) -> str:
    return _text(json.dumps(values, separators=(",", ":")).encode())


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
