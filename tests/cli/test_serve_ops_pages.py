"""`handoff serve` with the ops pages: on an address of their own, for all workers together."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from handoff.operations.ops_pages.sign_in_views import TRIES_PER_ADDRESS
from tests.command_in_process import run_command
from tests.running_servers import HOST, RunningShop, free_port, running_service, wait_for_port
from tests.service_calls import create_environment

PASSWORD = "a password of the support desk"


@pytest.fixture
def environment(shop: RunningShop, tmp_path: Path) -> dict[str, str]:
    return create_environment(shop, tmp_path, HANDOFF_PUBLIC_URL="http://127.0.0.1:8000")


@pytest.mark.parametrize(
    ("arguments", "changes", "reason"),
    [
        (["--ops-bind", "127.0.0.1:8010"], {}, "needs HANDOFF_OPS_PASSWORD"),
        (["--ops-bind", "0.0.0.0:8010"], {"PASSWORD": PASSWORD}, "HANDOFF_OPS_URL"),
        (["--ops-bind", "10.0.0.1:8010"], {"PASSWORD": PASSWORD}, "HANDOFF_OPS_URL"),
        (["--ops-bind", "8010"], {"PASSWORD": PASSWORD}, "is not HOST:PORT"),
        (["--ops-bind", "unix:/run/x"], {"PASSWORD": PASSWORD}, "is not HOST:PORT"),
        (["--ops-bind", "127.0.0.1:99999"], {"PASSWORD": PASSWORD}, "is not HOST:PORT"),
        (["--bind", "127.0.0.2:8010"], {"PASSWORD": PASSWORD}, "different ports"),
        ([], {"PASSWORD": "elevenchars"}, "must have 12 or more characters"),
        ([], {"URL": "https://ops.shop.example"}, "no effect without HANDOFF_OPS_PASSWORD"),
        ([], {"PASSWORD": PASSWORD, "URL": "http://ops.shop.example"}, "https://"),
        ([], {"PASSWORD": PASSWORD, "URL": "https://a.example/ops"}, "must not have a path"),
    ],
)
def test_an_unsafe_address_is_refused_at_the_start(
    environment: dict[str, str], arguments: list[str], changes: dict[str, str], reason: str
) -> None:
    changed = {f"HANDOFF_OPS_{name}": value for name, value in changes.items()}
    result = run_command("serve", *arguments, **environment, **changed)
    assert result.returncode == 2
    assert reason in " ".join(result.stderr.split())
    assert "elevenchars" not in result.stderr


def post_password(url: str, password: str) -> requests.Response:
    data = {"password": password}
    return requests.post(f"{url}/ops/login", data=data, allow_redirects=False, timeout=30)


@pytest.mark.processes
def test_the_pages_answer_at_their_own_address_only(shop: RunningShop, tmp_path: Path) -> None:
    ops_port = free_port()
    ops_url = f"http://{HOST}:{ops_port}"
    values = create_environment(shop, tmp_path, HANDOFF_OPS_PASSWORD=PASSWORD)
    options = ("--ops-bind", f"{HOST}:{ops_port}")
    with running_service(values, tmp_path, workers=4, options=options) as service:
        for host in ("", f"{HOST}:{ops_port}", f"localhost:{ops_port}"):
            headers = {"Host": host} if host else {}
            for path in ("/ops/", "/ops/login", "/ops"):
                answer = requests.get(f"{service.url}{path}", headers=headers, timeout=30)
                assert answer.status_code == 404
                assert "Sign in" not in answer.text
        assert requests.get(f"{ops_url}/healthz", timeout=30).status_code == 404
        assert requests.get(f"{ops_url}/ops/", timeout=30).url == f"{ops_url}/ops/login"
        desk = requests.Session()
        desk.post(f"{ops_url}/ops/login", data={"password": PASSWORD}, timeout=30)
        assert "Links given out" in desk.get(f"{ops_url}/ops/", timeout=30).text
        long = desk.get(f"{ops_url}/ops/", params={"q": "x" * 1_000_000}, timeout=30)
        assert long.status_code in (400, 414)
        # Connections of different workers count together.
        statuses = [post_password(ops_url, "wrong").status_code for _ in range(12)]
        assert statuses == [403] * TRIES_PER_ADDRESS.count + [429] * (12 - TRIES_PER_ADDRESS.count)
        assert post_password(ops_url, PASSWORD).status_code == 429
        assert desk.get(f"{ops_url}/ops/", timeout=30).status_code == 200
        assert PASSWORD not in service.log.read_text()


@pytest.mark.processes
def test_a_client_of_a_unix_socket_cannot_choose_the_pages_by_its_host(
    shop: RunningShop, tmp_path: Path
) -> None:
    path, ops_port = tmp_path / "handoff.sock", free_port()
    values = create_environment(
        shop,
        tmp_path,
        HANDOFF_PUBLIC_URL="http://127.0.0.1:8000",
        HANDOFF_OPS_PASSWORD=PASSWORD,
        PATH=os.environ["PATH"],
    )
    command = [sys.executable, "-m", "handoff.cli", "serve", "--bind", f"unix:{path}"]
    command += ["--ops-bind", f"{HOST}:{ops_port}", "--workers", "1"]
    process = subprocess.Popen(command, env=values, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            assert process.stdout is not None
            report = "".join(iter(process.stdout.readline, "Next: handoff doctor\n"))
            assert f"support desk   http://{HOST}:{ops_port}/ops/" in report
            wait_for_port(ops_port)
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(path))
                client.sendall(
                    f"GET /ops/login HTTP/1.0\r\nHost: 127.0.0.1:{ops_port}\r\n\r\n".encode()
                )
                answer = b"".join(iter(lambda: client.recv(65536), b"")).decode()
            assert re.match(r"HTTP/1\.[01] 404 ", answer)
            assert "Sign in" not in answer
            page = requests.get(f"http://{HOST}:{ops_port}/ops/login", timeout=30)
            assert "Sign in" in page.text
        finally:
            process.send_signal(signal.SIGTERM)
