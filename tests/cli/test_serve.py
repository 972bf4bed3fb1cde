"""`handoff serve` and `--env-file`."""

from __future__ import annotations

import grp
import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import requests

from handoff import __version__
from handoff.cli import COMMANDS
from tests.command_in_process import run_command
from tests.conftest import KEY
from tests.running_servers import RunningShop, free_port, running_service
from tests.service_calls import create_environment, post_transfer


def test_every_invalid_setting_is_named_and_nothing_starts() -> None:
    result = run_command("serve", HANDOFF_LINK_TTL="soon", HANDOFF_SECRET_KEY="too-short")
    assert result.returncode == 2
    for name in ("PUBLIC_URL", "MAGENTO_URL", "API_KEYS", "SECRET_KEY", "SESSION_STORE"):
        assert f"HANDOFF_{name}" in result.stderr
    assert "HANDOFF_LINK_TTL" in result.stderr
    assert "too-short" not in result.stderr
    assert "Traceback" not in result.stderr


def test_settings_of_an_env_file_win_over_the_environment(
    shop: RunningShop, tmp_path: Path
) -> None:
    values = create_environment(shop, tmp_path)
    file = tmp_path / "handoff.env"
    file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    result = run_command("serve", "--env-file", str(file))
    assert "HANDOFF_PUBLIC_URL is not set." in result.stderr
    assert "API_KEYS" not in result.stderr


def test_a_missing_env_file_is_named() -> None:
    result = run_command("serve", "--env-file", "no-such-file")
    assert result.returncode == 2
    assert "no-such-file" in result.stderr


@pytest.mark.parametrize(
    ("content", "fault"), [(b"A=\xff\n", "not UTF-8"), (b"A=1\n" + bytes(100), "NUL character")]
)
def test_an_env_file_that_is_no_text_is_named(tmp_path: Path, content: bytes, fault: str) -> None:
    file = tmp_path / "handoff.env"
    file.write_bytes(content)
    result = run_command("serve", "--env-file", str(file))
    assert result.returncode == 2
    assert str(file) in result.stderr
    assert fault in result.stderr


@pytest.mark.parametrize("address", ["", " ", "\udcff:8000", "127.0.0.1:8000\n"])
def test_an_impossible_address_to_listen_on_is_named(address: str) -> None:
    result = run_command("serve", "--bind", address)
    assert result.returncode == 2
    assert "is not HOST:PORT" in result.stderr


@pytest.mark.parametrize(("command", "code"), [("serve", 78), ("deliver", 78), ("doctor", 2)])
def test_an_env_file_that_its_user_cannot_read_is_explained(
    command: str, code: int, folder_for_all: Path
) -> None:
    """The env file belongs to root or to another user, so the service's user cannot read it."""
    file = folder_for_all / "handoff.env"
    file.write_text("HANDOFF_SECRET_KEY=a secret that nobody may see\n")
    file.chmod(0)
    import_module(f"handoff.cli.{command}")  # a plain user may not read the modules of root
    with rights_of_plain_user() as (user, group):
        result = run_command(command, "--env-file", str(file))
    assert result.returncode == code
    assert f"{file} cannot be read by the user {user}" in result.stderr
    assert "with the mode 0000" in result.stderr
    assert f"chown root:{group} {file} && chmod 0640 {file}" in result.stderr
    file.chmod(0o644)
    with rights_of_plain_user():
        assert "cannot be read" not in run_command(command, "--env-file", str(file)).stderr
    folder_for_all.chmod(0)
    with rights_of_plain_user():
        result = run_command(command, "--env-file", str(file))
    folder_for_all.chmod(0o700)
    assert result.returncode == code
    assert "may not enter a folder above it" in result.stderr


@pytest.fixture
def folder_for_all() -> Iterator[Path]:
    """Return a folder that every user may enter, which those of pytest are not."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def rights_of_plain_user() -> Iterator[tuple[str, str]]:
    """Give up the rights of root for the block; yield the names of the user and its group."""
    is_root = os.geteuid() == 0
    if is_root:
        os.setegid(65534)
        os.seteuid(65534)
    try:
        yield pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
    finally:
        if is_root:
            os.seteuid(0)
            os.setegid(0)


@pytest.mark.processes
def test_the_list_of_commands_is_shown_without_importing_one() -> None:
    script = "import sys; from handoff.cli import main; main(['--help'], standalone_mode=False)"
    command = [sys.executable, "-c", f"{script}; print(*sorted(sys.modules))"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    help_text, modules = output.rstrip().rsplit("\n", 1)
    for name, text in COMMANDS.items():
        assert f"{name} " in help_text
        assert text in help_text
    assert {"click", "handoff.cli"} <= {*modules.split()}
    for package in ("pydantic", "sqlalchemy", "rich", "requests", "redis", "handoff.settings"):
        assert package not in modules.split()


@pytest.mark.processes
def test_a_full_disk_for_the_output_is_named() -> None:
    command = [sys.executable, "-m", "handoff.cli", "find", "--help"]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (2, "No space left on device.\n")


def test_every_command_has_help() -> None:
    assert "serve" in run_command("--help").stdout
    for command in COMMANDS:
        text = run_command(command, "--help").stdout
        assert "--env-file" in text
        assert len(text) > 200


@pytest.mark.processes
def test_health_needs_no_key(shop: RunningShop, tmp_path: Path) -> None:
    with running_service(create_environment(shop, tmp_path), tmp_path) as service:
        answer = requests.get(f"{service.url}/healthz", timeout=10)
        assert (answer.status_code, answer.json()) == (
            200,
            {"status": "ok", "version": __version__},
        )


def read_start_report(shop: RunningShop, folder: Path, **changes: str) -> list[str]:
    """Start the service, return what it prints before it listens, and end it."""
    port = free_port()
    values = create_environment(shop, folder, **changes)
    process = subprocess.Popen(
        [sys.executable, "-m", "handoff.cli", "serve", "--bind", f"127.0.0.1:{port}"],
        env={
            "PATH": os.environ["PATH"],
            "HANDOFF_PUBLIC_URL": f"http://127.0.0.1:{port}/handoff",
            **values,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip())
            if line.startswith("Next:"):
                break
        process.terminate()
    return lines


@pytest.mark.processes
def test_the_service_says_its_version_and_what_it_reaches(
    shop: RunningShop, tmp_path: Path
) -> None:
    first, ledger, sessions, reached_shop, last = read_start_report(shop, tmp_path)
    assert first.startswith(f"Handoff {__version__} for http://127.0.0.1:")
    assert ledger.split()[:2] == ["ledger", "version"]
    assert sessions.endswith(f"{shop.sessions}: reached")
    assert reached_shop.endswith(f"{shop.url}: reached")
    assert last == "Next: handoff doctor"


@pytest.mark.processes
def test_the_service_starts_without_the_shop_and_says_so(shop: RunningShop, tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    lines = read_start_report(shop, tmp_path, HANDOFF_MAGENTO_URL=nowhere)
    assert f"{nowhere}: NOT reached" in lines[3]


@pytest.mark.processes
def test_several_workers_share_one_ledger(shop: RunningShop, tmp_path: Path) -> None:
    with running_service(create_environment(shop, tmp_path), tmp_path, workers=4) as service:
        assert len(service.worker_pids()) == 4
        quote = {"quote_id": shop.create_guest_quote(("ITEM-01", 1))}
        urls = {post_transfer(service.url, quote).json()["url"] for _ in range(12)}
        assert len(urls) == 1


@pytest.mark.processes
def test_the_wsgi_application_is_the_same_service(shop: RunningShop, tmp_path: Path) -> None:
    port = free_port()
    environment = create_environment(
        shop, tmp_path, HANDOFF_PUBLIC_URL=f"http://127.0.0.1:{port}", PATH=os.environ["PATH"]
    )
    script = "import app; print(app.app.test_client().get('/healthz').get_json())"
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=root, capture_output=True, text=True
    )
    assert ran.stdout.strip() == str({"status": "ok", "version": __version__}), ran.stderr
    assert KEY not in ran.stderr


@pytest.mark.processes
def test_a_chunked_body_has_the_same_limit(shop: RunningShop, tmp_path: Path) -> None:
    """A body sent in pieces must not be cut at the limit and accepted."""
    start = b'{"items":[{"sku":"ITEM-01","quantity":1}],"currency":"GBP","reference":"r"}'
    pieces = (start, b" " * (64 * 1024 - len(start)), *([b"x" * 10_000] * 20))
    with running_service(create_environment(shop, tmp_path), tmp_path) as service:
        headers = {"Authorization": KEY, "Content-Type": "application/json"}
        url = f"{service.url}/api/cart-transfer"
        answer = requests.post(url, data=iter(pieces), headers=headers, timeout=10)
        assert answer.status_code == 413
        assert answer.json()["code"] == "request_too_large"


def test_a_ledger_that_cannot_be_opened_is_explained(shop: RunningShop, tmp_path: Path) -> None:
    values = create_environment(shop, tmp_path, HANDOFF_DATABASE_URL="sqlite:////proc/x/handoff.db")
    result = run_command("serve", HANDOFF_PUBLIC_URL="http://127.0.0.1:9", **values)
    assert result.returncode == 2
    assert "HANDOFF_DATABASE_URL" in result.stderr
    assert "Traceback" not in result.stderr
