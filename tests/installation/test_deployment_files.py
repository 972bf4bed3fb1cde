"""The units and the lines for nginx of one installation."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from handoff.installation import deployment_files
from handoff.installation.deployment_files import ENV_FILE, LEDGER_FOLDER, Deployment
from handoff.resource_folders import find_resource_folder


def create_deployment(tmp_path: Path, **changes: object) -> Deployment:
    values: dict[str, object] = {
        "env_file": ENV_FILE,
        "units_folder": tmp_path,
        "user": "handoff",
        "group": "handoff",
        "bind": "127.0.0.1:8000",
        "ledger_folder": LEDGER_FOLDER,
        "session_folder": "",
    }
    return Deployment(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the units of the Debian package be there, and its command be that of the tests."""
    monkeypatch.setattr(deployment_files, "UNITS_FOLDER", tmp_path)
    monkeypatch.setattr(deployment_files, "PACKAGED_UNITS_FOLDER", find_resource_folder("deploy"))
    monkeypatch.setattr(sys, "executable", "/opt/handoff/bin/python")
    return tmp_path


def test_the_usual_installation_has_the_units_of_the_documentation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/opt/handoff/bin/python")
    for file in create_deployment(tmp_path).plan_units():
        assert file.text == (find_resource_folder("deploy") / file.path.name).read_text("utf-8")


def test_beside_the_package_nothing_usual_is_written(packaged: Path) -> None:
    assert create_deployment(packaged).plan_units() == []


def test_beside_the_package_only_differences_are_written(packaged: Path) -> None:
    deployment = create_deployment(
        packaged, bind="127.0.0.1:8765", user="www-data", session_folder="/var/lib/php/sessions"
    )
    files = {file.path: file.text for file in deployment.plan_units()}
    serve = files.pop(packaged / "handoff.service.d" / "handoff-init.conf")
    assert serve.splitlines() == [
        "[Service]",
        "ExecStart=",
        "User=www-data",
        "ReadWritePaths=/var/lib/php/sessions",
        (
            "ExecStart=/opt/handoff/bin/handoff serve --env-file /etc/handoff/handoff.env "
            "--bind 127.0.0.1:8765"
        ),
    ]
    assert {path.parent.name for path in files} == {
        f"handoff-{name}.service.d" for name in ("deliver", "purge", "reconcile")
    }
    assert all("User=www-data" in text and "ExecStart" not in text for text in files.values())


@pytest.mark.parametrize(
    ("public_url", "location"),
    [
        ("https://shop.test/handoff", "location ^~ /handoff/ {"),
        ("https://shop.test/a/b", "location ^~ /a/b/ {"),
        ("https://handoff.shop.test", "location ^~ / {"),
        ("https://shop.test/a;b$c", 'location ^~ "/a;b$c/" {'),
        ("https://shop.test/a%22%20b", 'location ^~ "/a\\" b/" {'),
    ],
)
def test_nginx_passes_on_the_path_of_the_public_address(
    public_url: str, location: str, tmp_path: Path
) -> None:
    text = create_deployment(tmp_path).plan_nginx_include(public_url).text
    assert location in text.splitlines()


def test_a_folder_with_a_blank_is_one_path_in_the_units(tmp_path: Path) -> None:
    deployment = create_deployment(tmp_path, session_folder='/srv/100% of "it"')
    [text] = [f.text for f in deployment.plan_units() if f.path.name == "handoff.service"]
    assert 'ReadWritePaths="/srv/100%% of \\"it\\""' in text.splitlines()
