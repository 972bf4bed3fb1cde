"""Poq's references: when two spellings are one, and the key of the ledger that stands for them."""

from __future__ import annotations


def normalize_reference(reference: str) -> str:
    """Return the spelling under which two references are one: no hyphens, lower case."""
    return reference.replace("-", "").lower() or reference


def reference_key(reference: str) -> str:
    """Return the key under which the ledger holds all handoffs of a reference."""
    return f"ref:{normalize_reference(reference)}"
