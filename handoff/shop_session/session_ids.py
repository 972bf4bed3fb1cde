"""The ids of web sessions."""

from __future__ import annotations

import secrets

# 26 characters of 5 bits, as PHP makes its own ids: nobody guesses 130 bits. There are 32 of them,
# so that a byte stands for each as often as for any other.
_ALPHABET = "0123456789abcdefghijklmnopqrstuv"
_LENGTH = 26


def new_session_id() -> str:
    """Return an id that nobody has; a credential."""
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in secrets.token_bytes(_LENGTH))
