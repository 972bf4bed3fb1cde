"""The link that opens the web view: its signed token, and the instruction for the app.

A link token is the id of a handoff with a signature. It only identifies the handoff. The ledger
says whether the link can still be used. Another signature of the id, which is in no link, proves
that the app opened the link.

The instruction is the answer to a transfer. Its fields are those of Poq's cart transfer document.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from itsdangerous import BadSignature, Signer
from itsdangerous.encoding import base64_decode, base64_encode
from pydantic import BaseModel, ConfigDict, Field

APP_VISIT_HEADER = "Handoff-App"
"""The header of an instruction that proves that the app opens the link."""

_SALT = "handoff.link.v1"
_VISIT_SALT = "handoff.app-visit.v1"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}")
_PASTED_LINK = re.compile(
    r"(?:/h/|token=)([A-Za-z0-9_-]{22})(?![A-Za-z0-9_-])"
    r"|(?<![A-Za-z0-9_-])([A-Za-z0-9_-]{22})\.[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])"
)


class LinkTokens:
    """Signs link tokens with the current secret key, and also reads tokens of previous keys."""

    def __init__(self, secret_key: str, *, previous: Sequence[str] = ()) -> None:
        """`previous` are earlier secret keys, in any order; links signed with them still work."""
        # itsdangerous signs with the last key of its list.
        self._signer, self._visit_signer = (
            Signer(
                [*previous, secret_key],
                salt=salt,
                key_derivation="hmac",
                digest_method=hashlib.sha256,
            )
            for salt in (_SALT, _VISIT_SALT)
        )

    def create_token(self, handoff_id: str) -> str:
        """Return the token for a handoff, safe to put into a URL. It is a credential."""
        return self._signer.sign(handoff_id).decode()

    def read_handoff_id(self, token: str) -> str | None:
        """Return the handoff's id, or None if `create_token` would not return exactly this token.

        The same bytes have several spellings in base64. Only the one that `create_token` writes is
        accepted, so that each link has one name.
        """
        if not _TOKEN.fullmatch(token):
            return None
        try:
            handoff_id = self._signer.unsign(token).decode()
        except BadSignature:
            return None
        signature = token.rpartition(".")[2]
        canonical = base64_encode(base64_decode(signature)).decode()
        return handoff_id if signature == canonical else None

    def create_app_proof(self, handoff_id: str) -> str:
        """Return the proof that the app opens the link: a header that no link preview has."""
        return self._visit_signer.get_signature(handoff_id).decode()

    def is_app_proof_valid(self, handoff_id: str, proof: str) -> bool:
        """Return whether a request's proof is the one that `create_app_proof` gave to the app."""
        return self._visit_signer.verify_signature(handoff_id, proof)


class InstructionCookie(BaseModel):
    """A cookie that the app sets when it opens the web view."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: Annotated[str, Field(min_length=1)]
    value: str
    domain: Annotated[str, Field(min_length=1)]
    expire_date: Annotated[datetime | None, Field(alias="expireDate")] = None
    is_http_only: Annotated[bool | None, Field(alias="isHttpOnly")] = None
    is_secure: Annotated[bool | None, Field(alias="isSecure")] = None
    path: str | None = None


class InstructionHeader(BaseModel):
    """A header that the app sends when it opens the web view."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]
    value: Annotated[str, Field(pattern=r"^[\x20-\x7e]*$")]


class Instruction(BaseModel):
    """Tells the app how to open the web view. Fields that are None are left out of the JSON."""

    model_config = ConfigDict(frozen=True)

    url: str
    method: Literal["GET", "POST"]
    body: str | None = None
    cookies: tuple[InstructionCookie, ...] | None = None
    headers: tuple[InstructionHeader, ...] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the body of the answer."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def find_handoff_id(text: str) -> str | None:
    """Return the handoff's id in a text that holds a link or a token, or None; for support.

    The signature is not checked, because it proves nothing to people who read the ledger, and the
    key may have been replaced.
    """
    match = _PASTED_LINK.search(unquote(text))
    return match and (match[1] or match[2])
