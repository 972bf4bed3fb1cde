"""The keys with which callers identify themselves, each with the caller's name."""

from __future__ import annotations

DEFAULT_CALLER = "poq"
"""The caller of all keys that have no name. It also owns the handoffs from before the names."""
