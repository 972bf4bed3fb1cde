"""Reads the shop's own configuration files, `app/etc/env.php` and `config.php`, as data.

Only the sections of sessions, of configuration values and of store views leave this module. The
crypt key and the passwords of the database do not.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from handoff.installation.host_preparation import determine_owner_name, is_root
from handoff.installation.php_literals import PhpCodeFound, parse_php_literal

_MAX_BYTES = 1024 * 1024
_STORE_VIEW_CODE = re.compile("[A-Za-z0-9_]{1,32}")
_SECTIONS = ("session", "system", "scopes")
_PHP_SCRIPT = (
    "$all = require $argv[1]; $names = explode(',', $argv[2]);"
    "echo json_encode(array_intersect_key($all, array_flip($names)), JSON_THROW_ON_ERROR);"
)
_PHP_TIMEOUT = 10.0  # seconds


class ConfigurationUnreadable(Exception):
    """A file of the shop cannot be read. The message holds no value of the file."""


class ConfigurationNeedsPhp(ConfigurationUnreadable):
    """The file is code, not data: only PHP can say what it returns."""


@dataclass(frozen=True, slots=True)
class ShopConfiguration:
    """The sections that Handoff needs. `owner` is the user of PHP, if the file belongs to it."""

    sections: Mapping[str, Any] = field(default_factory=dict, repr=False)
    owner: str | None = None

    @property
    def session(self) -> dict[str, Any]:
        """The section `session`, empty if there is none."""
        return _get_dict_or_empty(self.sections.get("session"))

    @property
    def store_view_codes(self) -> list[str]:
        """The codes of all store views but the administrators', if the files list them."""
        stores = _get_dict_or_empty(_get_dict_or_empty(self.sections.get("scopes")).get("stores"))
        codes = [str(code) for code in stores if code != "admin"]
        return [code for code in codes if _STORE_VIEW_CODE.fullmatch(code)]

    def read_value(self, path: str) -> str | None:
        """Return a value such as `web/cookie/cookie_lifetime` that the files fix for all stores."""
        value: Any = _get_dict_or_empty(self.sections.get("system")).get("default")
        for part in path.split("/"):
            value = _get_dict_or_empty(value).get(part)
        return str(value) if isinstance(value, str | int) else None


def read_shop_configuration(env_php: Path, *, use_php: bool = False) -> ShopConfiguration:
    """Read env.php, and config.php beside it. With `use_php`, PHP runs a file that is code.

    Raises ConfigurationUnreadable, and ConfigurationNeedsPhp if `use_php` could help.
    """
    content = _read_file(env_php)
    sections = _read_sections(env_php, content, use_php=use_php)
    config_php = env_php.with_name("config.php")
    if config_php.is_file():
        shared = _read_sections(config_php, _read_file(config_php), use_php=use_php)
        sections = _merge(shared, sections)
    return ShopConfiguration(sections, _find_owner(env_php))


def determine_env_php_path(path: Path) -> Path:
    """Return the path of env.php; `path` names this file, the shop's folder, or one inside it."""
    for place in ("app/etc/env.php", "etc/env.php", "env.php"):
        if os.path.isfile(path / place):  # unlike Path.is_file, it raises nothing
            return path / place
    return path


def has_php() -> bool:
    """Return whether this machine has PHP on the command line."""
    return shutil.which("php") is not None


def _read_file(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ConfigurationUnreadable(f"{file} cannot be read: {error.strerror}.") from None
    if len(content) > _MAX_BYTES:
        raise ConfigurationUnreadable(f"{file} has more than 1 MB, so it is no file of Magento.")
    return content


def _read_sections(file: Path, content: bytes, *, use_php: bool) -> dict[str, Any]:
    try:
        value: Any = parse_php_literal(content)
    except PhpCodeFound as reason:
        if not use_php:
            raise ConfigurationNeedsPhp(f"{file} is not data alone: {reason}.") from None
        value = _run_php(file)
    if not isinstance(value, dict):
        raise ConfigurationUnreadable(f"{file} returns no array, so it is no file of Magento.")
    return {name: value[name] for name in _SECTIONS if name in value}


def _run_php(file: Path) -> Any:
    """Run the file as its owner, never as root, and return the sections that it returns."""
    status = file.stat()
    if is_root() and status.st_uid == 0:
        raise ConfigurationUnreadable(f"{file} belongs to root, and PHP is not run as root.")
    command = [shutil.which("php") or "php", "-r", _PHP_SCRIPT, "--", str(file.resolve())]
    try:
        ran = subprocess.run(  # noqa: S603 - the administrator has agreed
            [*command, ",".join(_SECTIONS)],
            capture_output=True,
            check=True,
            timeout=_PHP_TIMEOUT,
            cwd=file.resolve().parent,
            user=status.st_uid if is_root() else None,
            group=status.st_gid if is_root() else None,
            extra_groups=[] if is_root() else None,
        )
        return json.loads(ran.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        raise ConfigurationUnreadable(f"PHP could not read {file}.") from None


def _merge(shared: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return both, nested arrays merged; the values of env.php win, as in Magento."""
    merged = {**shared, **own}
    for key in shared.keys() & own.keys():
        if isinstance(shared[key], dict) and isinstance(own[key], dict):
            merged[key] = _merge(shared[key], own[key])
    return merged


def _find_owner(file: Path) -> str | None:
    owner = determine_owner_name(file)
    return owner if owner != "root" else None


def _get_dict_or_empty(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
