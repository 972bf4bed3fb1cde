"""The container image: not root, a root file system that nobody can write, secrets in files.

It needs podman or docker, and a base image. Environment variables that change the tries:

    CONTAINER_ENGINE    the command, by default podman or docker with its options
    CONTAINER_BASE      the base image, by default the one in Containerfile
    CONTAINER_IMAGE     an image that is built already
    CONTAINER_OPTIONS   further options to run a container
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from handoff import __version__

ROOT = Path(__file__).parents[1]
SECRETS = {
    "SECRET_KEY": "a secret of the tests that is long enough",
    "API_KEYS": "poq/a-key-of-the-tests-of-the-image",
    "SESSION_STORE": "redis://127.0.0.1:9/2",
}
# What compose.yaml says, as options.
HARDENED = shlex.split("--read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges")


def find_engine() -> list[str]:
    """Return the command of a container engine that answers; skip the test without one."""
    engines = [os.environ.get("CONTAINER_ENGINE", ""), "podman", "docker"]
    for engine in filter(None, engines):
        command = shlex.split(engine)
        if shutil.which(command[0]) and run([*command, "info"]).returncode == 0:
            return command
    pytest.skip("no container engine answers: podman or docker is needed")


def run(command: list[str], seconds: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds
    )


@dataclass(frozen=True, slots=True)
class Container:
    """A running container of the image."""

    engine: list[str]
    name: str

    def exec(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the container."""
        return run([*self.engine, "exec", self.name, *command])

    def read_log(self) -> str:
        """Return what the service has printed."""
        return run([*self.engine, "logs", self.name]).stdout


@pytest.fixture(scope="module")
def engine() -> list[str]:
    return find_engine()


@pytest.fixture(scope="module")
def image(engine: list[str]) -> str:
    """Return the name of the image, which is built if CONTAINER_IMAGE names none."""
    if built := os.environ.get("CONTAINER_IMAGE"):
        return built
    base = os.environ.get("CONTAINER_BASE")
    options = ["--build-arg", f"BASE={base}"] if base else []
    name = "handoff-of-the-tests"
    command = [*engine, "build", "--file", "Containerfile", "--tag", name, *options, str(ROOT)]
    result = run(command, seconds=1800)
    if "pull" in result.stdout and result.returncode != 0:
        pytest.skip("the base image cannot be pulled: name another one in CONTAINER_BASE")
    assert result.returncode == 0, result.stdout[-2000:]
    return name


@pytest.fixture(scope="module")
def container(
    engine: list[str], image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Container]:
    """Run the service as compose.yaml does, but without a network."""
    folder = tmp_path_factory.mktemp("secrets")
    folder.chmod(0o755)
    options = ["--env", "HANDOFF_PUBLIC_URL=https://www.shop.test/handoff"]
    options += ["--env", "HANDOFF_MAGENTO_URL=https://www.shop.test"]
    for name, value in SECRETS.items():
        (folder / name).write_text(f"{value}\n")
        (folder / name).chmod(0o644)
        options += ["--volume", f"{folder / name}:/run/secrets/{name}:ro"]
        options += ["--env", f"HANDOFF_{name}_FILE=/run/secrets/{name}"]
    running = Container(engine, f"handoff-{uuid4().hex[:12]}")
    more = shlex.split(os.environ.get("CONTAINER_OPTIONS", ""))
    volume = ["--volume", f"{running.name}:/var/lib/handoff", "--network", "none"]
    command = [*engine, "run", "--detach", "--name", running.name, *volume, *HARDENED]
    started = run([*command, *more, *options, image])
    if started.returncode != 0 and "OCI" in started.stdout:
        pytest.skip(f"this machine cannot run containers: {started.stdout.splitlines()[-1]}")
    assert started.returncode == 0, started.stdout
    yield running
    run([*engine, "rm", "--force", "--volumes", running.name])
    run([*engine, "volume", "rm", "--force", running.name])


def test_the_service_is_healthy(container: Container) -> None:
    script = (
        "from urllib.request import urlopen as o; print(o('http://127.0.0.1:8000/healthz').read())"
    )
    for _ in range(60):
        answer = container.exec("/opt/handoff/bin/python", "-c", script)
        if answer.returncode == 0:
            break
        time.sleep(1)
    assert __version__ in answer.stdout, container.read_log()


def test_the_service_is_not_root_and_writes_nothing_but_the_ledger(container: Container) -> None:
    assert container.exec("id", "-u").stdout.strip() == "10001"
    for path in ("/opt/handoff/x", "/etc/x", "/home/x"):
        assert container.exec("touch", path).returncode != 0
    assert "handoff.db" in container.exec("ls", "/var/lib/handoff").stdout


def test_no_secret_is_in_the_environment_or_the_log(
    container: Container, engine: list[str]
) -> None:
    seen = run([*engine, "inspect", container.name]).stdout + container.read_log()
    assert [value for value in SECRETS.values() if value in seen] == []


def test_compose_runs_it_as_these_tests_do() -> None:
    text = (ROOT / "compose.yaml").read_text("utf-8")
    lines = ("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", "- /tmp:mode=1777")
    assert [line for line in lines if line not in text] == []
    assert all(f"HANDOFF_{name}_FILE: /run/secrets/{name.lower()}" in text for name in SECRETS)


def test_sigterm_ends_it(container: Container, engine: list[str]) -> None:
    stopped = run([*engine, "stop", "--time", "40", container.name])
    assert stopped.returncode == 0, stopped.stdout
    code = run([*engine, "inspect", "--format", "{{.State.ExitCode}}", container.name]).stdout
    assert code.strip() == "0"
