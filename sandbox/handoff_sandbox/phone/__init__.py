"""A phone to try the service with: the app on its screen, and Poq's cloud behind it."""

from __future__ import annotations

from handoff_sandbox.phone.factory import create_phone

__all__ = ["create_phone"]
