"""Cancels a rehearsal between two calls, so that the effect of every call is known."""

from __future__ import annotations


class Cancelled(Exception):
    """The rehearsal was cancelled."""


class CancelToken:
    """A flag that is checked before every call. A signal handler may set it."""

    def __init__(self) -> None:
        self._is_requested = False
        self._is_ignored = False

    def request_cancel(self) -> None:
        """Cancel before the next call."""
        self._is_requested = True

    def ignore_requests(self) -> None:
        """Allow all calls from now on: those that clean up."""
        self._is_ignored = True

    def raise_if_requested(self) -> None:
        """Raise Cancelled if a cancellation was requested and is not ignored."""
        if self._is_requested and not self._is_ignored:
            raise Cancelled
