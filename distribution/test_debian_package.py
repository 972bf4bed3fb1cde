"""The Debian package in a clean Debian 12: install, upgrade from a lower version, remove, purge.

It needs root and debootstrap. DEBIAN_BASE names a folder with a debootstrapped system to copy
instead of a new one. The package is the one in dist/.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from distribution.required_programs import require_programs
from handoff import __version__

ROOT = Path(__file__).parents[1]
ENV_FILE = "/etc/handoff/handoff.env"
LEDGER = "/var/lib/handoff/handoff.db"
PROGRAMS = "python3,adduser,ca-certificates,procps,systemd"
LOWER_VERSION = "0.1.9"
SETTINGS = f"""\
HANDOFF_PUBLIC_URL=http://127.0.0.1:8000/handoff
HANDOFF_MAGENTO_URL=http://127.0.0.1:9
HANDOFF_API_KEYS=poq/a-key-of-the-tests-of-the-package
HANDOFF_SECRET_KEY=a secret of the tests that is long enough
HANDOFF_SESSION_STORE=file:///var/lib/handoff
HANDOFF_DATABASE_URL=sqlite:///{LEDGER}
"""


@dataclass(frozen=True, slots=True)
class DebianSystem:
    """A folder with a Debian, and commands in it."""

    folder: Path

    def run(self, *command: str, user: str = "root", code: int = 0) -> str:
        """Run a command as a user, check its exit code, and return all that it prints."""
        words = ["chroot", f"--userspec={user}:{user}", str(self.folder), *command]
        ran = subprocess.run(
            words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300
        )
        assert ran.returncode == code, ran.stdout
        return ran.stdout

    def path(self, path: str) -> Path:
        """Return the path of a file of the system."""
        return self.folder / path.removeprefix("/")

    def describe(self, path: str) -> str:
        """Return the mode and the owners of a file."""
        return self.run("stat", "-c", "%a %U:%G", path).strip()

    def install(self, package: Path) -> str:
        """Install a package as an administrator does without questions; return the output."""
        shutil.copy(package, self.folder / "package.deb")
        return self.run("env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "-i", "/package.deb")

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Run the command of handoff.service as its user, and return its address."""
        unit = self.path("/usr/lib/systemd/system/handoff.service").read_text()
        [command] = re.findall("^ExecStart=(.*)$", unit, re.MULTILINE)
        words = ["chroot", "--userspec=handoff:handoff", str(self.folder), *command.split()]
        with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
            try:
                yield "http://127.0.0.1:8000"
            finally:
                process.terminate()


def read_json(url: str) -> dict[str, str]:
    for _ in range(60):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return dict(json.load(answer))
        except OSError:
            time.sleep(1)
    raise AssertionError(f"{url} does not answer")


@pytest.fixture(scope="module")
def package() -> Path:
    """Return the package that `make deb` has built."""
    require_programs("dpkg-deb")
    packages = sorted((ROOT / "dist").glob(f"handoff_{__version__}_*.deb"))
    if not packages:
        pytest.skip("no package in dist/: run make deb")
    return packages[-1]


@pytest.fixture(scope="module")
def lower_package(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same package with a lower version, and with a file that the newer one lacks."""
    folder = tmp_path_factory.mktemp("lower") / "root"
    subprocess.run(["dpkg-deb", "--raw-extract", str(package), str(folder)], check=True)
    control = folder / "DEBIAN" / "control"
    text = control.read_text().replace(f"Version: {__version__}", f"Version: {LOWER_VERSION}")
    control.write_text(text)
    (folder / "opt" / "handoff" / "old-file").write_text("old")
    built = folder.with_name("lower.deb")
    command = ["dpkg-deb", "-Znone", "--root-owner-group", "--build", str(folder), str(built)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return built


@pytest.fixture(scope="module")
def system() -> Iterator[DebianSystem]:
    """Return a clean Debian 12."""
    if os.geteuid() != 0:
        pytest.skip("only root can use chroot")
    with TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        target = Path(folder) / "debian"
        base = os.environ.get("DEBIAN_BASE")
        if base:
            subprocess.run(["cp", "-a", base, str(target)], check=True)
        else:
            require_programs("debootstrap")
            options = ["--variant=minbase", f"--include={PROGRAMS}"]
            command = ["debootstrap", *options, "bookworm", str(target)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        # The output of commands and gunicorn need these, and a chroot has no kernel file systems.
        for name, minor in (("null", "3"), ("urandom", "9"), ("random", "8")):
            device = target / "dev" / name
            if not device.exists():
                subprocess.run(["mknod", "-m", "666", str(device), "c", "1", minor], check=True)
        yield DebianSystem(target)


def test_install(system: DebianSystem, lower_package: Path) -> None:
    output = system.install(lower_package)
    assert "run `handoff init` as root" in output
    assert system.describe(ENV_FILE) == "640 root:handoff"
    assert system.describe("/etc/handoff") == "755 root:root"
    assert system.describe("/var/lib/handoff") == "700 handoff:handoff"
    assert "nologin" in system.run("getent", "passwd", "handoff")
    assert system.run("handoff", "--version", user="handoff").startswith("handoff ")
    units = [path.name for path in system.path("/usr/lib/systemd/system").glob("handoff*")]
    assert {"handoff.service", "handoff-purge.timer", "handoff-reconcile.timer"} < {*units}
    assert system.run("systemd-analyze", "verify", *units) == ""


def test_the_service_names_missing_settings(system: DebianSystem) -> None:
    command = ("handoff", "serve", "--env-file", ENV_FILE)
    assert "HANDOFF_PUBLIC_URL is not set." in system.run(*command, user="handoff", code=2)


def test_the_command_of_the_unit_serves_as_the_user(system: DebianSystem) -> None:
    with system.path(ENV_FILE).open("a") as stream:
        stream.write(SETTINGS)
    with system.serving() as url:
        assert read_json(f"{url}/healthz")["version"] == __version__
    assert system.describe(LEDGER) == "600 handoff:handoff"


def test_upgrade(system: DebianSystem, package: Path) -> None:
    """The settings are changed, and as a file of root alone they are named."""
    settings = system.path(ENV_FILE).read_text()
    system.run("chown", "root:root", ENV_FILE)
    system.run("chmod", "600", ENV_FILE)
    output = system.install(package)
    assert f"{ENV_FILE} cannot be read by the user handoff" in output
    assert f"chown root:handoff {ENV_FILE} && chmod 0640 {ENV_FILE}" in output
    assert system.path(ENV_FILE).read_text() == settings
    assert not system.path("/opt/handoff/old-file").exists()
    refused = system.run("handoff", "serve", "--env-file", ENV_FILE, user="handoff", code=78)
    assert "It belongs to root:root with the mode 0600." in refused
    system.run("chown", "root:handoff", ENV_FILE)
    system.run("chmod", "640", ENV_FILE)
    with system.serving() as url:
        assert read_json(f"{url}/readyz")["ledger"] == "ok"


def test_the_package_leaves_no_file_that_others_may_write(system: DebianSystem) -> None:
    folders = ("/opt/handoff", "/etc/handoff", "/usr/share/doc/handoff")
    assert system.run("find", *folders, "-perm", "/022", "-not", "-type", "l") == ""


def test_remove_keeps_settings_and_ledger(system: DebianSystem) -> None:
    system.run("dpkg", "--remove", "handoff")
    for gone in ("/opt/handoff", "/usr/bin/handoff", "/usr/lib/systemd/system/handoff.service"):
        assert not system.path(gone).exists()
    assert system.path(LEDGER).exists()
    assert "HANDOFF_SECRET_KEY" in system.path(ENV_FILE).read_text()


def test_a_removed_package_is_installed_again(system: DebianSystem, package: Path) -> None:
    system.install(package)
    with system.serving() as url:
        assert read_json(f"{url}/healthz")["status"] == "ok"


def test_purge(system: DebianSystem) -> None:
    system.run("dpkg", "--purge", "handoff")
    for gone in ("/opt/handoff", "/etc/handoff", "/var/lib/handoff"):
        assert not system.path(gone).exists()
    assert system.run("getent", "passwd", "handoff")
