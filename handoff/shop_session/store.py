"""What every session store has in common."""

from __future__ import annotations


class SessionStoreError(Exception):
    """The shop's session store did not take a session; the words name no address or secret."""
