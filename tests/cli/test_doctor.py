"""`handoff doctor`: its options, its exit codes, and what an interruption does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from handoff_sandbox.shop import SandboxShop

from tests.command_in_process import run_command
from tests.doctor.modified_shop import answer_before, answer_path, run_modified_shop
from tests.service_calls import create_doctor_environment

pytestmark = pytest.mark.processes

Completed = subprocess.CompletedProcess[str]


class DoctorCommand:
    """Runs the command at a shop, with only the settings in its environment."""

    def __init__(self, url: str, shop: SandboxShop, folder: Path) -> None:
        self.shop = shop
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            **create_doctor_environment(url, folder),
            "HANDOFF_MAGENTO_ADMIN_USERNAME": "admin",
            "HANDOFF_MAGENTO_ADMIN_PASSWORD": "Admin123!",
        }

    def start(
        self,
        *arguments: str,
        prefix: tuple[str, ...] = (),
    ) -> subprocess.Popen[str]:
        """Start the command as a program, by way of another program if there is a prefix."""
        return subprocess.Popen(
            [*prefix, sys.executable, "-m", "handoff.cli", "doctor", *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> Completed:
        """Run the command to its end in this process."""
        return run_command("doctor", *arguments, **{**self.environment, **environment})


@pytest.fixture
def doctor(tmp_path: Path) -> Iterator[DoctorCommand]:
    healthz = answer_path("/healthz", {"status": "ok"})
    with run_modified_shop(tmp_path / "sessions", healthz) as (url, shop):
        yield DoctorCommand(url, shop, tmp_path)


def test_a_ready_shop_exits_with_0(doctor: DoctorCommand) -> None:
    process = doctor.start()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out
    assert "From the link into checkout" in out
    assert err == ""


def test_a_warning_exits_with_1(doctor: DoctorCommand) -> None:
    ended = doctor.run("--only", "way-in", HANDOFF_SESSION_COOKIE_LIFETIME="7200")
    assert ended.returncode == 1
    assert "HANDOFF_SESSION_COOKIE_LIFETIME=3600" in ended.stdout


def test_settings_without_a_shop_exit_with_2_and_are_named(doctor: DoctorCommand) -> None:
    ended = doctor.run(HANDOFF_MAGENTO_URL="", HANDOFF_LINK_TTL="soon")
    assert ended.returncode == 2
    assert "HANDOFF_MAGENTO_URL" in ended.stderr
    assert "HANDOFF_LINK_TTL" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_other_invalid_settings_are_results_among_the_others(doctor: DoctorCommand) -> None:
    ended = doctor.run(
        "--json",
        HANDOFF_SESSION_COOKIE_DOMAIN="shop.example",
        HANDOFF_LINK_TTL="soon",
        HANDOFF_API_KEYS="short",
        HANDOFF_COOKIE_DOMAIN="misspelt",
    )
    assert ended.returncode == 1
    findings = _list_findings(json.loads(ended.stdout))
    seen = " ".join(each["seen"] for each in findings if each["name"] == "Settings")
    for name in ("HANDOFF_SESSION_COOKIE_DOMAIN", "HANDOFF_LINK_TTL", "HANDOFF_API_KEYS"):
        assert name in seen
    assert "HANDOFF_COOKIE_DOMAIN is not a setting" in seen
    assert any(each["name"] == "Category tree" for each in findings)


def _list_findings(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        finding
        for sections in document["parts"].values()
        for section in sections
        for finding in section["findings"]
    ]


def test_with_json_standard_output_is_one_document(doctor: DoctorCommand) -> None:
    ended = doctor.run("--json", "--only", "data", "--sample", "3")
    document = json.loads(ended.stdout)
    assert list(document["parts"]) == ["data"]
    [products] = [each for each in _list_findings(document) if each["name"] == "Products"]
    assert products["seen"].startswith("3 of 22")


def test_an_answer_that_is_not_the_shops_adds_no_line_to_the_document(tmp_path: Path) -> None:
    changes = (
        answer_path("/healthz", {"status": "ok"}),
        answer_path("/checkout/cart/add/", "<!doctype html><title>Just a moment...</title>", 403),
    )
    with run_modified_shop(tmp_path / "sessions", *changes) as (url, shop):
        doctor = DoctorCommand(url, shop, tmp_path)
        doctor.environment |= {
            "HANDOFF_SESSION_STORE": "storefront",
            "HANDOFF_STORED_SESSION_KEYS": Fernet.generate_key().decode(),
        }
        out, _ = doctor.start("--json", "--only", "way-in").communicate(timeout=60)
    assert any("robots" in each["seen"] for each in _list_findings(json.loads(out)))


def test_the_report_is_printed_on_a_terminal_without_utf_8(doctor: DoctorCommand) -> None:
    doctor.environment["PYTHONIOENCODING"] = "ascii"
    process = doctor.start("--only", "data", "--sku", "\u00e9")
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "This shop is not ready" in out


def test_the_html_page_is_written_besides_the_tables(doctor: DoctorCommand) -> None:
    page = doctor.folder / "report.html"
    ended = doctor.run("--only", "access", "--html", str(page))
    assert "Administrator" in ended.stdout
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_a_folder_that_is_not_there_for_the_html_page_is_named(doctor: DoctorCommand) -> None:
    page = doctor.folder / "no-such-folder" / "report.html"
    ended = doctor.run("--only", "access", "--html", str(page))
    assert ended.returncode == 2
    assert str(page) in ended.stderr
    assert ended.stdout == ""  # it has checked nothing yet


def test_the_report_is_printed_if_the_disk_of_the_html_page_is_full(doctor: DoctorCommand) -> None:
    ended = doctor.run("--only", "access", "--html", "/dev/full")
    assert ended.returncode == 2
    assert "Administrator" in ended.stdout
    assert "--html: /dev/full cannot be written: No space left on device." in ended.stderr


def test_the_password_is_read_from_a_file(doctor: DoctorCommand) -> None:
    file = doctor.folder / "password"
    file.write_text("Shopper123!\n")
    ended = doctor.run(
        "--json",
        *("--only", "access"),
        *("--customer-email", "shopper@example.com", "--customer-password-file", str(file)),
    )
    verdicts = {each["name"]: each["verdict"] for each in _list_findings(json.loads(ended.stdout))}
    assert verdicts["Customer's login"] == "ok"
    assert "Shopper123!" not in ended.stdout + ended.stderr


def test_a_password_file_that_is_not_utf_8_exits_with_2(doctor: DoctorCommand) -> None:
    file = doctor.folder / "password"
    file.write_bytes(b"\xff\xfe")
    ended = doctor.run(
        *("--customer-email", "shopper@example.com", "--customer-password-file", str(file))
    )
    assert ended.returncode == 2
    assert ended.stderr == f"--customer-password-file: {file} is not UTF-8 text.\n"


# A shell without job control starts a command with `&` in the same way.
IGNORING_SIGINT = ("sh", "-c", "trap '' INT; exec \"$@\"", "sh")


@pytest.mark.parametrize(
    ("number", "prefix"),
    [(signal.SIGINT, ()), (signal.SIGINT, IGNORING_SIGINT), (signal.SIGTERM, ())],
    ids=["SIGINT", "SIGINT in the background", "SIGTERM"],
)
def test_an_interrupted_run_empties_its_carts_and_exits_with_130(
    tmp_path: Path, number: signal.Signals, prefix: tuple[str, ...]
) -> None:
    reached, released = threading.Event(), threading.Event()

    def hold(request: Any) -> None:
        if request.path == "/checkout/" and "PHPSESSID" in request.cookies:
            reached.set()
            released.wait(20)

    with run_modified_shop(tmp_path / "sessions", answer_before(hold)) as (url, shop):
        process = DoctorCommand(url, shop, tmp_path).start(prefix=prefix)
        assert reached.wait(30)
        assert any(quote.lines for quote in shop.quotes.by_number.values())
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        released.set()
    assert process.returncode == 130
    assert (out, "Traceback" in err) == ("", False)
    assert "Its test carts and sessions are removed" in err
    assert not any(quote.lines for quote in shop.quotes.by_number.values())


def test_a_second_interruption_does_not_stop_the_cleanup(tmp_path: Path) -> None:
    reached = {"/checkout/": threading.Event(), "DELETE": threading.Event()}
    released = threading.Event()

    def hold(request: Any) -> None:
        key = "DELETE" if request.method == "DELETE" else request.path
        if key in reached and not reached[key].is_set() and not released.is_set():
            if key == "DELETE" or "PHPSESSID" in request.cookies:
                reached[key].set()
                released.wait(3)

    with run_modified_shop(tmp_path / "sessions", answer_before(hold)) as (url, shop):
        process = DoctorCommand(url, shop, tmp_path).start()
        for event in reached.values():
            assert event.wait(30)
            process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        released.set()
        assert process.returncode == 130, err
        assert not any(quote.lines for quote in shop.quotes.by_number.values())


def test_a_run_ends_at_its_time_limit(tmp_path: Path) -> None:
    def delay(_request: Any) -> None:
        time.sleep(0.5)

    with run_modified_shop(tmp_path / "sessions", answer_before(delay)) as (url, shop):
        ended = DoctorCommand(url, shop, tmp_path).run("--timeout", "5", "--json")
    assert ended.returncode == 1
    assert "No time was left" in ended.stdout
