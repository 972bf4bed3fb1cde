"""Every setting of the service: environment variables `HANDOFF_…`, all checked at start.

Each can be read from a file as well: `HANDOFF_SECRET_KEY_FILE=/run/secrets/key`. Faults are
collected and reported together, by name, without the values.
"""

from __future__ import annotations

from handoff.settings.errors import PREFIX, SettingsError
from handoff.settings.loader import find_unknown_names, load_settings
from handoff.settings.model import Settings

__all__ = ["PREFIX", "Settings", "SettingsError", "find_unknown_names", "load_settings"]
