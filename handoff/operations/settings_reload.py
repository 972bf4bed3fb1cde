"""Loads the settings at the start and at a reload (SIGHUP), for all workers of gunicorn.

gunicorn's first process loads them, and the workers that it forks inherit them. So an invalid
setting breaks neither a reload nor the replacement of a dead worker.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import structlog

from handoff.operations.json_logs import configure_logging
from handoff.settings import Settings, SettingsError, load_settings

log = structlog.get_logger()


@dataclass(slots=True)
class _CachedSettings:
    settings: Settings | None = None
    read_at: float | None = None  # seconds of the monotonic clock


_cache = _CachedSettings()


def get_cached_settings() -> Settings | None:
    """Return the settings that this process was forked with, or None without gunicorn."""
    return _cache.settings


def get_monotonic_read_time() -> float:
    """Return when the settings were read, in seconds of the monotonic clock of this host."""
    return time.monotonic() if _cache.read_at is None else _cache.read_at


def reload_settings() -> None:
    """Load the settings for future workers. Log invalid ones and keep the old settings."""
    try:
        _cache.settings, _cache.read_at = load_settings(), time.monotonic()
    except SettingsError as error:
        # At the start there is nothing to keep: the workers then raise the error themselves.
        if _cache.settings is not None:
            configure_logging()
            log.error("settings_rejected", faults=error.faults)
