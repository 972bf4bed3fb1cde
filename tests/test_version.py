"""The version is in one place, and everything that names it says the same."""

from __future__ import annotations

import tomllib
from pathlib import Path

from click.testing import CliRunner
from flask.testing import FlaskClient

from handoff import __version__
from handoff.cli import main

ROOT = Path(__file__).parents[1]


def test_the_service_and_the_command_say_the_same_version(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok", "version": __version__}
    assert client.get("/openapi.json").get_json()["info"]["version"] == __version__
    assert CliRunner().invoke(main, ["--version"]).output == f"handoff {__version__}\n"


def test_the_package_takes_its_version_from_the_code() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"] == {"path": "handoff/__init__.py"}


def test_the_changelog_has_an_entry_for_the_version() -> None:
    assert f"\n## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
