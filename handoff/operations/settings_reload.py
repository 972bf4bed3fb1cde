"""Settings over a reload (SIGHUP): those that cannot be used leave the service as it was.

gunicorn's first process reads them, at its start and at each reload, and its workers are forked
with what it holds. So a word that is wrong stops neither the service nor a worker that comes
after one that has died.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from handoff.operations.json_logs import configure_logging
from handoff.settings import Settings, SettingsError, load_settings

log = structlog.get_logger("handoff.reload")


@dataclass(slots=True)
class _Held:
    settings: Settings | None = None


_held = _Held()


def cached_settings() -> Settings | None:
    """Return the settings that this process was forked with, None where it was not."""
    return _held.settings


def reload_settings() -> None:
    """Read the settings for the workers to come; what is held stays where they are faulty."""
    try:
        _held.settings = load_settings()
    except SettingsError as error:
        if _held.settings is not None:  # else the workers say what is wrong, and end
            configure_logging()
            log.error("settings_not_taken", faults=error.faults)
