"""Files and folders that the service and its commands make are private, whatever the umask."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from handoff.app_factory import create_app
from handoff.settings import load_settings
from tests.conftest import create_settings
from tests.running_servers import RunningShop, running_service
from tests.service_calls import create_environment, post_transfer

BAG = {"items": [{"sku": "ITEM-01", "quantity": 1}], "currency": "GBP", "reference": "r-1"}


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Let new files of this process, and of those that it starts, be open to everybody."""
    umask = os.umask(0)
    yield
    os.umask(umask)


def find_open_files(folder: Path) -> list[str]:
    """Return the files and folders below a folder that others than their owner may use."""
    return [
        f"{path.name} {stat.S_IMODE(path.stat().st_mode):o}"
        for path in folder.rglob("*")
        if path.stat().st_mode & 0o077
    ]


@pytest.mark.processes
@pytest.mark.usefixtures("open_umask")
def test_ledger_metrics_and_sessions_of_the_service(shop: RunningShop, tmp_path: Path) -> None:
    temporary, folder = tmp_path / "temporary", tmp_path / "made" / "by-the-service"
    temporary.mkdir()
    changes = {"HANDOFF_DATABASE_URL": f"sqlite:///{folder / 'handoff.db'}"}
    environment = create_environment(shop, tmp_path, HANDOFF_METRICS="true", **changes)
    environment["TMPDIR"] = str(temporary)
    with running_service(environment, tmp_path) as service, requests.Session() as web_view:
        link = post_transfer(service.url, BAG).json()["url"]
        web_view.get(link, timeout=10)
        assert web_view.post(link, allow_redirects=False, timeout=10).status_code == 303
        made = {path.name for path in folder.iterdir()}
        assert made == {"handoff.db", "handoff.db-shm", "handoff.db-wal", "handoff.db.lock"}
        assert len(list(shop.sessions.iterdir())) == 1
        assert list(temporary.iterdir())
        for place in (folder.parent, shop.sessions, temporary):
            assert find_open_files(place) == []


@pytest.mark.usefixtures("open_umask")
def test_the_ledger_of_an_app_that_another_server_runs(shop: RunningShop, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    app = create_app(load_settings(**create_settings(shop.url, shop.sessions, folder)))
    assert (folder / "handoff.db").exists()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert find_open_files(folder) == []
    app.extensions["handoff.objects"].database.close()


@pytest.mark.processes
@pytest.mark.usefixtures("open_umask")
@pytest.mark.parametrize("command", [["doctor", "--html", "report.html"], ["migrate"]])
def test_what_commands_write(shop: RunningShop, tmp_path: Path, command: list[str]) -> None:
    folder = tmp_path / "made"
    folder.mkdir(mode=0o700)
    environment = create_environment(shop, tmp_path, HANDOFF_DATABASE_URL="sqlite:///a/b/ledger.db")
    environment |= {"PATH": os.environ["PATH"], "HANDOFF_PUBLIC_URL": "http://127.0.0.1:9"}
    subprocess.run(
        [sys.executable, "-m", "handoff.cli", *command], cwd=folder, env=environment, check=False
    )
    assert list(folder.iterdir())
    assert find_open_files(folder) == []
