"""Settings out of files of their own, as secrets are handed to services."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic_settings import BaseSettings, InitSettingsSource

from handoff.settings.errors import PREFIX, SettingsError


class FileSettingsSource(InitSettingsSource):
    """Settings named by `HANDOFF_…_FILE`; a file that cannot be read is a fault, not a blank."""

    def __init__(self, settings_cls: type[BaseSettings], environment: Mapping[str, str]) -> None:
        values: dict[str, Any] = {}
        faults: list[str] = []
        for field in settings_cls.model_fields:
            name = f"{PREFIX}{field.upper()}"
            file = environment.get(f"{name}_FILE")
            if not file:
                continue
            if environment.get(name):
                faults.append(f"{name} and {name}_FILE are both set; keep one.")
                continue
            try:
                values[field] = Path(file).read_text("utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                faults.append(f"{name}_FILE cannot be read: {type(error).__name__}.")
        if faults:
            raise SettingsError(faults)
        super().__init__(settings_cls, values)
