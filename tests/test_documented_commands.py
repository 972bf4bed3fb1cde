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

from handoff.cli import COMMANDS, main
from tests.running import RunningShop, require_program, running_service
from tests.service_calls import create_environment

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


def list_requests_of_the_guide() -> list[tuple[str, dict[str, object]]]:
    """Return each shell block of docs/poq.md with the JSON that follows it."""
    text = (ROOT / "docs" / "poq.md").read_text("utf-8")
    pattern = r"```sh\n(.*?)```\n\nThe whole answer:\n\n```json\n(.*?)```"
    return [(script, json.loads(answer)) for script, answer in re.findall(pattern, text, re.DOTALL)]


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
