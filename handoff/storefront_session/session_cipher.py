"""Encrypts the ids of stored sessions, each for the one handoff that may use it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SessionIdCipher:
    """Encrypts with the first of several Fernet keys, and decrypts with any of them."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def encrypt(self, session_id: str, *, handoff_id: str) -> str:
        """Return the ciphertext of a session id that only this handoff can decrypt."""
        content = {"handoff": handoff_id, "session": session_id}
        return self._fernet.encrypt(json.dumps(content).encode()).decode()

    def decrypt(self, ciphertext: str, *, handoff_id: str) -> str:
        """Return the session id of a ciphertext.

        Raises ValueError if no key fits, or if it was encrypted for another handoff.
        """
        try:
            content = json.loads(self._fernet.decrypt(ciphertext.encode()))
        except InvalidToken:
            raise ValueError("no key fits") from None
        if content["handoff"] != handoff_id:
            raise ValueError("encrypted for another handoff")
        return str(content["session"])
