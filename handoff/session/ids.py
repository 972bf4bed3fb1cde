"""The ids of web sessions."""

from __future__ import annotations

import secrets

# 26 characters of 5 bits, as PHP makes its own ids: nobody guesses 130 bits.
_ALPHABET = "0123456789abcdefghijklmnopqrstuv"
_LENGTH = 26


def new_session_id() -> str:
    """Return an id that nobody has; a credential."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
