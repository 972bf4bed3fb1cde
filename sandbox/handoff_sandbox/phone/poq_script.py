"""The stand-in for Poq's web checkout script: its version, its file, and the app's cookies."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

VERSION = "1.0.0"

_FILE = Path(__file__).parent / "data" / "poq-web-checkout.js"


def read_script() -> bytes:
    """Return the script."""
    return _FILE.read_bytes()


def build_cookies() -> dict[str, str]:
    """Return the values that Poq's app for iOS sets in cookies, by the end of their names."""
    digest = base64.b64encode(hashlib.sha384(read_script()).digest()).decode()
    return {"platform": "ios", "version": VERSION, "integrity": f"sha384-{digest}"}
