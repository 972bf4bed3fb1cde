"""Every way to install Handoff finds its own pages, styles and translations, and nobody else's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from handoff_sandbox.accounts import ADMIN_PASSWORD, CUSTOMER_PASSWORD

from tests.running_servers import HOST, free_port, wait_for_port

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[1]
RESOURCES = ("templates", "static", "translations")
GERMAN_TITLE = "Dieser Link funktioniert nicht"
FOREIGN = "belongs to another distribution"


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment with the running one's dependencies, but without Handoff itself."""

    folder: Path

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        """The folder `site-packages`."""
        [packages] = self.folder.glob("lib/python*/site-packages")
        return packages

    def install(self, *arguments: str | Path) -> None:
        """Install distributions without dependencies and without the network."""
        pip = [sys.executable, "-m", "pip", "--python", str(self.python), "install", "--quiet"]
        options = ["--no-deps", "--no-index", "--no-build-isolation", "--no-compile"]
        command = [*pip, *options, "--disable-pip-version-check", *map(str, arguments)]
        subprocess.run(command, check=True, timeout=120)


ServeFrom = Callable[[Environment, Path, str], AbstractContextManager[str]]


def make_environment(folder: Path) -> Environment:
    """Create a virtual environment that holds foreign folders named like Handoff's."""
    environment = Environment(folder)
    command = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
    subprocess.run(command, check=True, timeout=60)
    # Python reads no .pth files in folders that a .pth file adds, so an editable install of
    # Handoff in the running environment is not seen.
    lines = (path for path in sys.path if path.endswith("site-packages"))
    (environment.packages / "dependencies.pth").write_text("\n".join(lines))
    add_foreign_resources(environment.packages)
    return environment


def add_foreign_resources(packages: Path) -> None:
    """Put folders beside installed packages that are named like Handoff's but not its own."""
    for name in RESOURCES:
        shutil.copytree(ROOT / name, packages / name)
    for file in packages.glob("templates/*.html"):
        file.write_text(FOREIGN)
    (packages / "static" / "page.css").write_text(FOREIGN)
    shutil.rmtree(packages / "translations" / "de")
    (packages / "pyproject.toml").write_text('[project]\nname = "another"\n')


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of what the repository holds of the product."""
    folder = tmp_path_factory.mktemp("clone") / "handoff"
    for name in ("handoff", *RESOURCES):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "docs" / "deploy", folder / "docs" / "deploy")
    for name in ("app.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def wheel(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", clone, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def wheel_environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return an environment with the wheel of the product, and without the sandbox."""
    environment = make_environment(tmp_path_factory.mktemp("installed") / "environment")
    environment.install(wheel)
    return environment


@pytest.fixture
def serve_from(tmp_path: Path) -> ServeFrom:
    """Run gunicorn in a folder, and return the service's URL."""

    @contextmanager
    def serve(environment: Environment, folder: Path, app: str) -> Iterator[str]:
        port = free_port()
        url = f"http://{HOST}:{port}"
        settings = {
            "HANDOFF_PUBLIC_URL": url,
            "HANDOFF_MAGENTO_URL": "http://127.0.0.1:9",
            "HANDOFF_API_KEYS": "a-key-of-the-tests",
            "HANDOFF_SECRET_KEY": "a secret of the tests that is long enough",
            "HANDOFF_SESSION_STORE": tmp_path.as_uri(),
            "HANDOFF_DATABASE_URL": f"sqlite:///{tmp_path / 'handoff.db'}",
        }
        command = [str(environment.python), "-m", "gunicorn", "--bind", f"{HOST}:{port}", app]
        with (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen(
                command, env={**os.environ, **settings}, cwd=folder, stdout=log, stderr=log
            )
        try:
            wait_for_port(port)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=40)

    return serve


def build(kind: str, source: Path, target: Path) -> Path:
    """Build a wheel or an sdist with the installed build backend, and return its path."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", kind, "-d", str(target)]
    subprocess.run(command, check=True, cwd=source, capture_output=True, timeout=120)
    [built] = target.iterdir()
    return built


def run_python(python: Path, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder, and return its exit status and output."""
    command = [str(python), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=folder, timeout=60, check=False
    )


def assert_own_pages(url: str) -> None:
    """Assert that the service shows a page in German, and its style, and that both are its own."""
    # The first request waits until the code of a fresh copy is compiled.
    page = requests.get(f"{url}/h/unknown", headers={"Accept-Language": "de"}, timeout=60)
    assert page.status_code == 404
    assert GERMAN_TITLE in page.text
    assert '<html lang="de"' in page.text
    style = requests.get(f"{url}/static/page.css", timeout=10)
    assert style.status_code == 200
    assert style.text == (ROOT / "static" / "page.css").read_text("utf-8")


def test_a_clone_runs_without_an_install(
    serve_from: ServeFrom, clone: Path, tmp_path: Path
) -> None:
    environment = make_environment(tmp_path / "environment")
    with serve_from(environment, clone, "app:app") as url:
        assert_own_pages(url)


def test_an_editable_install_runs_in_another_folder(
    serve_from: ServeFrom, clone: Path, tmp_path: Path
) -> None:
    environment = make_environment(tmp_path / "environment")
    environment.install("--editable", clone)
    assert not (environment.packages / "handoff").exists(), "copies would grow stale"
    with serve_from(environment, tmp_path, "handoff.app_factory:create_app()") as url:
        assert_own_pages(url)


def test_a_wheel_runs_in_another_folder(
    serve_from: ServeFrom, wheel_environment: Environment, tmp_path: Path
) -> None:
    with serve_from(wheel_environment, tmp_path, "handoff.app_factory:create_app()") as url:
        assert_own_pages(url)


def test_a_wheel_from_an_sdist_holds_the_same_files(
    wheel: Path, clone: Path, tmp_path: Path
) -> None:
    sdist = build("sdist", clone, tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    rebuilt = build("wheel", tmp_path / sdist.name.removesuffix(".tar.gz"), tmp_path / "wheel")
    assert read_files(rebuilt) == read_files(wheel)


def test_foreign_folders_beside_the_package_are_never_used(wheel: Path, tmp_path: Path) -> None:
    shutil.unpack_archive(wheel, tmp_path, "zip")
    add_foreign_resources(tmp_path)
    for name in RESOURCES:
        shutil.rmtree(tmp_path / "handoff" / name)
    find = "from handoff.resource_folders import *; print(find_resource_folder({!r}))"
    for name in RESOURCES:
        found = run_python(Path(sys.executable), "-c", find.format(name), folder=tmp_path)
        assert "FileNotFoundError" in found.stderr, found.stdout
    (tmp_path / "pyproject.toml").unlink()
    found = run_python(Path(sys.executable), "-c", find.format("templates"), folder=tmp_path)
    assert "FileNotFoundError" in found.stderr, found.stdout


def test_the_wheel_holds_the_product_alone(wheel: Path) -> None:
    files = read_files(wheel)
    tops = {name.split("/")[0] for name in files}
    assert {top.partition("-")[0] for top in tops} == {"handoff"}
    for password in (ADMIN_PASSWORD, CUSTOMER_PASSWORD):
        assert [name for name, text in files.items() if password.encode() in text] == []
    own = {f"handoff/{path.relative_to(ROOT)}" for path in list_resource_files()}
    own |= {f"handoff/deploy/{path.name}" for path in (ROOT / "docs" / "deploy").iterdir()}
    assert {name for name in files if name.split("/")[1] in (*RESOURCES, "deploy")} == own


def test_the_sandbox_is_a_wheel_of_its_own(tmp_path: Path) -> None:
    wheel = build("wheel", ROOT / "sandbox", tmp_path)
    tops = {name.split("/")[0].partition("-")[0] for name in read_files(wheel)}
    assert tops == {"handoff_sandbox"}


def test_the_demo_says_in_one_line_that_the_sandbox_is_missing(
    wheel_environment: Environment, tmp_path: Path
) -> None:
    ended = run_python(wheel_environment.python, "-m", "handoff.cli", "demo", folder=tmp_path)
    assert ended.returncode == 2
    [line] = ended.stderr.splitlines()
    assert "pip install ./sandbox" in line


def read_files(wheel: Path) -> dict[str, bytes]:
    """Return the content of each file in a wheel, except the list of the files itself."""
    with zipfile.ZipFile(wheel) as archive:
        names = (name for name in archive.namelist() if not name.endswith("/RECORD"))
        return {name: archive.read(name) for name in names}


def list_resource_files() -> list[Path]:
    """Return every file of the folders that stand at the top of the repository."""
    return [path for name in RESOURCES for path in (ROOT / name).rglob("*") if path.is_file()]
