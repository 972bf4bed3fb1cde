"""`handoff demo`: the requests that it prints work as they are."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from handoff.cli import main
from tests.running_servers import HOST, free_port, require_program


@dataclass(frozen=True, slots=True)
class RunningDemo:
    """A demo, and its output."""

    process: subprocess.Popen[str]
    output: str
    folder: Path
    shop: str
    phone: str

    def paste_request(self, number: int) -> dict[str, str]:
        """Run the request with a number in a shell, as a person would."""
        part = self.output.split(f"\n{number}. ")[1].split(":\n\n", 1)[1]
        commands = re.split(r"\n\n(?! )", part)[0]
        ran = subprocess.run(
            [require_program("bash"), "-c", commands], capture_output=True, text=True, check=True
        )
        answer: dict[str, str] = json.loads(ran.stdout)
        return answer


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    folder = tmp_path_factory.mktemp("demo")
    port, shop_port, phone_port, form_port, ops_port = (free_port() for _ in range(5))
    command = [sys.executable, "-m", "handoff.cli", "demo", "--folder", str(folder)]
    command += ["--no-open", "--port", str(port), "--shop-port", str(shop_port)]
    command += ["--phone-port", str(phone_port), "--form-port", str(form_port)]
    command += ["--ops-port", str(ops_port)]
    output_file = folder / "output"
    with output_file.open("w") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream, text=True, umask=0)
    try:
        until = time.monotonic() + 60
        while "Ctrl-C ends" not in output_file.read_text():
            assert process.poll() is None, output_file.read_text()
            assert time.monotonic() < until, output_file.read_text()
            time.sleep(0.1)
        shop, phone = f"http://{HOST}:{shop_port}", f"http://{HOST}:{phone_port}"
        yield RunningDemo(process, output_file.read_text(), folder, shop, phone)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
        assert "The demo has ended." in output_file.read_text()


@pytest.mark.processes
@pytest.mark.parametrize(
    ("number", "skus"), [(1, ["ITEM-01", "ITEM-07"]), (2, ["ITEM-03"]), (3, ["ITEM-05"])]
)
def test_each_request_leads_to_checkout_with_exactly_that_bag(
    demo: RunningDemo, number: int, skus: list[str]
) -> None:
    link = demo.paste_request(number)["url"]
    with requests.Session() as phone:
        assert phone.get(link, timeout=10).status_code == 200
        checkout = phone.post(link, timeout=10)
        assert checkout.url == f"{demo.shop}/checkout/"
        assert sorted(set(re.findall(r"ITEM-[A-Z0-9]+", checkout.text))) == skus
        account = phone.get(f"{demo.shop}/customer/account/", timeout=10)
        assert ("shopper@example.com" in account.text) == (number == 3)


@pytest.mark.processes
def test_the_first_url_is_that_of_the_phone(demo: RunningDemo) -> None:
    assert re.findall(r"http://\S+", demo.output)[0] == demo.phone
    assert "Handoff takes the bag" in requests.get(demo.phone, timeout=10).text


@pytest.mark.processes
@pytest.mark.parametrize("style", ["url", "form"])
def test_the_phone_opens_checkout_in_both_styles(demo: RunningDemo, style: str) -> None:
    tap = {"bag": {"ITEM-09": 1}, "shopper": "guest", "kind": "bag", "style": style}
    tap["reference"] = f"test-{style}"
    events = requests.post(f"{demo.phone}/checkout", json=tap, timeout=30).text.splitlines()
    [link] = [event for event in map(json.loads, events) if event["kind"] == "instruction"]
    opened = requests.post(f"{demo.phone}/visitors/second", json=link, timeout=30).text
    assert '"status": 303' in opened
    seen = requests.get(f"{demo.phone}/openings/{link['handoff']}", timeout=10).json()
    assert seen["calls"][-1]["status"] == 303
    until = time.monotonic() + 60
    while not seen["webhooks"]:
        assert time.monotonic() < until, (demo.folder / "demo/deliver.log").read_text()
        time.sleep(0.2)
        seen = requests.get(f"{demo.phone}/openings/{link['handoff']}", timeout=10).json()
    assert seen["webhooks"][0]["call"] == "POST /webhook · handoff.opened"


@pytest.mark.processes
def test_its_settings_file_can_be_used_by_other_commands(demo: RunningDemo) -> None:
    settings = (demo.folder / "demo.env").read_text()
    assert "HANDOFF_API_KEYS=demo-key-that-is-no-secret" in settings


@pytest.mark.processes
def test_its_files_are_private_whatever_the_umask(demo: RunningDemo) -> None:
    made = [path for path in demo.folder.rglob("*") if path.name != "output"]
    assert {path.name for path in made} >= {"demo.env", "handoff.db", "service.log", "sessions"}
    assert [path for path in made if path.stat().st_mode & 0o077] == []


@pytest.mark.processes
def test_a_port_that_is_taken_is_named(demo: RunningDemo) -> None:
    taken = demo.shop.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "handoff.cli", "demo", "--port", taken]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 1
    assert f"Port {taken} is taken" in ran.stderr


def test_without_the_sandbox_the_demo_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "handoff_sandbox.demo", None)
    result = CliRunner().invoke(main, ["demo"])
    assert result.exit_code == 2
    assert "pip install ./sandbox" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.processes
def test_the_pages_for_the_support_desk_open_with_the_printed_password(demo: RunningDemo) -> None:
    match = re.search(r"support +(\S+) .*password is (\S+)", demo.output)
    assert match is not None
    with requests.Session() as desk:
        desk.post(f"{match[1]}login", data={"password": match[2]}, timeout=30)
        assert "Links given out" in desk.get(match[1], timeout=30).text
