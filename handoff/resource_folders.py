"""Finds the folders of files beside the code, for any kind of installation."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent
_IN_REPOSITORY = {"deploy": "docs/deploy"}


def find_resource_folder(name: str) -> Path:
    """Return the folder `templates`, `static`, `translations` or `deploy` of this package.

    A wheel carries the folders inside the package. In a clone, and in an editable install of one,
    they are beside it at the top of the repository, `deploy` in docs. A folder beside an installed
    package belongs to somebody else and is never used. Raises FileNotFoundError if there is
    neither.
    """
    inside, beside = _PACKAGE / name, _PACKAGE.parent / _IN_REPOSITORY.get(name, name)
    if inside.is_dir():
        return inside
    if beside.is_dir() and _is_own_repository(_PACKAGE.parent):
        return beside
    raise FileNotFoundError(f"the folder {name!r} of Handoff is missing")


@cache
def _is_own_repository(folder: Path) -> bool:
    # Other distributions have left their own pyproject.toml in site-packages.
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
        return bool(project["name"] == "handoff")
    except (OSError, ValueError, KeyError, TypeError):
        return False
