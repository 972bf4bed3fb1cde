"""The commands of the documentation exist, and the guide for Poq shows the real answers."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import requests

from handoff.cli import COMMANDS, main
from tests.running_servers import (
    RedisServer,
    RunningShop,
    free_port,
    require_program,
    running_service,
)
from tests.service_calls import create_environment, post_transfer

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def list_shell_lines(page: Path) -> Iterator[str]:
    """Yield the lines of the shell blocks of a page, continued lines joined."""
    text = page.read_text("utf-8").replace("\\\n", " ")
    for block in re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL):
        yield from (line.strip() for line in block.splitlines())


def list_handoff_commands() -> list[str]:
    found = [line for page in PAGES for line in list_shell_lines(page)]
    pattern = r"^(?:sudo -u handoff )?(?:/opt/handoff/bin/)?handoff (.+)$"
    return sorted({m[1] for line in found if (m := re.match(pattern, line))})


def test_there_are_commands_in_the_documentation() -> None:
    assert {line.split()[0] for line in list_handoff_commands()} == set(COMMANDS)


@pytest.mark.parametrize("line", list_handoff_commands())
def test_every_handoff_command_has_these_options(line: str) -> None:
    name, *arguments = shlex.split(line, comments=True)
    command = main.get_command(click.Context(main), name)
    assert command is not None
    command.make_parser(click.Context(command)).parse_args(arguments)


def test_every_make_target_exists() -> None:
    lines = [line for page in PAGES for line in list_shell_lines(page)]
    targets = {line.split()[1] for line in lines if line.startswith("make ")}
    assert len(targets) > 3
    assert [name for name in targets if not re.search(rf"^{name}:", MAKEFILE, re.MULTILINE)] == []


def list_requests_of_the_guide(
    introduction: str = "The whole answer:",
) -> list[tuple[str, dict[str, object]]]:
    """Return each shell block of docs/poq.md with the JSON that follows it."""
    text = (ROOT / "docs" / "poq.md").read_text("utf-8")
    pattern = rf"```sh\n([^`]*)```\n\n{introduction}\n\n```json\n(.*?)```"
    return [(script, json.loads(answer)) for script, answer in re.findall(pattern, text, re.DOTALL)]


@pytest.mark.processes
def test_the_requests_of_the_guide_for_poq_have_these_answers(
    shop: RunningShop, tmp_path: Path
) -> None:
    require_program("curl")
    shown = list_requests_of_the_guide()
    assert len(shown) == 4
    environment = create_environment(shop, tmp_path, HANDOFF_API_KEYS="demo-key-that-is-no-secret")
    with running_service(environment, tmp_path) as service:
        addresses = {
            "https://www.shop.example/handoff": service.url,
            "https://www.shop.example": shop.url,
        }
        for script, expected in shown:
            answer = json.loads(run_script(replace_all(script, addresses)))
            assert hide_token(answer) == hide_token(
                json.loads(replace_all(json.dumps(expected), addresses))
            )
        [(script, expected)] = list_requests_of_the_guide("The whole answer, after an order:")
        status = json.loads(run_script(replace_all(script, addresses)))
        assert (status["state"], status.keys()) == ("issued", expected.keys())


def list_curl_commands(page: str) -> list[str]:
    """Return the calls in the shell blocks of a page, each to the end of its block."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    return re.findall(r"^ *(curl [^`]*)```", text, re.MULTILINE)


@pytest.mark.processes
def test_the_calls_for_a_try_succeed(shop: RunningShop, tmp_path: Path) -> None:
    require_program("curl")
    commands = [*list_curl_commands("demo.md"), *list_curl_commands("go-live.md")]
    assert len(commands) > 4
    keys = "demo-key-that-is-no-secret,the-key-that-poq-will-send"
    environment = create_environment(shop, tmp_path, HANDOFF_API_KEYS=keys)
    with running_service(environment, tmp_path) as service:
        addresses = {
            "https://www.shop.example/handoff": service.url,
            "http://127.0.0.1:8000": service.url,
            "curl ": "curl --fail ",
        }
        for command in commands:
            assert run_script(replace_all(command, addresses)), command


def list_acl_commands() -> list[str]:
    lines = [line for page in PAGES for line in list_shell_lines(page)]
    return sorted({line for line in lines if line.startswith("redis-cli ACL SETUSER")})


@pytest.mark.processes
@pytest.mark.parametrize("line", list_acl_commands())
def test_redis_accepts_the_commands_that_create_users(redis_server: RedisServer, line: str) -> None:
    require_program("redis-cli")
    assert run_script(line.replace("redis-cli", f"redis-cli -p {redis_server.port}")) == "OK\n"


@pytest.mark.processes
def test_the_commands_for_backup_and_restore_bring_every_handoff_back(
    shop: RunningShop, tmp_path: Path
) -> None:
    """The link that was made before the backup still works; the one after it does not."""
    require_program("sqlite3")
    blocks = re.findall(
        r"```sh\n(.*?)```", (ROOT / "docs" / "upgrading.md").read_text("utf-8"), re.DOTALL
    )
    backup = next(block for block in blocks if "VACUUM INTO" in block)
    restore = next(block for block in blocks if "handoff.db-wal" in block)
    environment, port = create_environment(shop, tmp_path), free_port()
    with running_service(environment, tmp_path, port=port) as service:
        before = request_link(service.url, "before")
        run_script(adapt_to_folder(backup, tmp_path))
        after = request_link(service.url, "after")
    [copy] = tmp_path.glob("backup-*.db")
    run_script(adapt_to_folder(restore, tmp_path).replace("backup-2026-11-27.db", copy.name))
    with running_service(environment, tmp_path, port=port):
        assert requests.get(before, timeout=10).status_code == 200
        assert requests.get(after, timeout=10).status_code == 404


def request_link(url: str, reference: str) -> str:
    items = [{"sku": "ITEM-01", "quantity": 1}]
    bag = {"items": items, "currency": "GBP", "reference": reference}
    return str(post_transfer(url, bag).json()["url"])


def adapt_to_folder(script: str, folder: Path) -> str:
    """Return a script that works in a folder, as this user and without systemd."""
    script = script.replace("/var/lib/handoff", str(folder)).replace("sudo -u handoff ", "")
    script = script.replace("-o handoff -g handoff ", "")
    return re.sub(r"^systemctl .*\n", "", script, flags=re.MULTILINE)


def replace_all(text: str, values: dict[str, str]) -> str:
    for old, new in values.items():
        text = text.replace(old, new)
    return text


def run_script(script: str) -> str:
    command = ["bash", "-euo", "pipefail", "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def hide_token(answer: dict[str, object]) -> dict[str, object]:
    """Return the answer with the token of its link replaced."""
    return {
        **answer,
        "url": re.sub(r"/h/[\w-]{22}\.[\w-]{43}$", "/h/TOKEN", str(answer.get("url"))),
    }
