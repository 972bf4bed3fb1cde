"""Find the folders of templates, static files and translations, however Handoff is installed."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def find_resource_folder(name: str) -> Path:
    """Return the folder `templates`, `static` or `translations` that belongs to this package.

    A wheel carries the folders inside the package. In a clone, and in an editable install of one,
    they are beside it at the top of the repository. A folder beside an installed package belongs
    to somebody else and is never used. Raises FileNotFoundError if there is neither.
    """
    inside, repository = _PACKAGE / name, _PACKAGE.parent
    if inside.is_dir():
        return inside
    if (repository / "pyproject.toml").is_file() and (repository / name).is_dir():
        return repository / name
    raise FileNotFoundError(f"the folder {name!r} of Handoff is missing")
