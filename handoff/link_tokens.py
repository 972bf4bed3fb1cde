"""Links: the id of a handoff, signed. What the id is good for stands in the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from itsdangerous import BadSignature, Signer
from itsdangerous.encoding import base64_decode, base64_encode

_SALT = "handoff.link.v1"


class LinkTokens:
    """Signs with the current key; reads links of the current and of previous keys."""

    def __init__(self, secret_key: str, *, previous: Sequence[str] = ()) -> None:
        """Take the previous keys in any order; links signed with them stay good."""
        # itsdangerous signs with the last key of its list.
        self._signer = Signer(
            [*previous, secret_key],
            salt=_SALT,
            key_derivation="hmac",
            digest_method=hashlib.sha256,
        )

    def token(self, handoff_id: str) -> str:
        """Return the token for a handoff, which may stand in a URL; a credential."""
        return self._signer.sign(handoff_id).decode()

    def read(self, token: str) -> str | None:
        """Return the id of the handoff, or None for a token that we did not write, to the letter.

        Base64 has several spellings for the same bytes; all but the one that `token` gives are
        refused, so that a link has one name.
        """
        try:
            handoff_id = self._signer.unsign(token).decode("ascii")
            signature = token.rpartition(".")[2]
            canonical = base64_encode(base64_decode(signature)).decode()
        except (BadSignature, UnicodeError):
            return None
        return handoff_id if signature == canonical else None
