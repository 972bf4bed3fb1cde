"""Masked ids, by which the shop's guests know their carts. They are credentials."""

from __future__ import annotations

import secrets

_LENGTH = 32


def is_masked_id(value: object) -> bool:
    """Say whether a value has the form of a masked id: 32 letters and digits."""
    return isinstance(value, str) and len(value) == _LENGTH and value.isascii() and value.isalnum()


def new_masked_id() -> str:
    """Return one for a new cart. The shop refuses none that it has, so nobody may guess it."""
    return secrets.token_hex(_LENGTH // 2)
