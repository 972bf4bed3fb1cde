"""`handoff doctor`: its options, exit codes, and how it is interrupted."""

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
from handoff_sandbox.shop import Shop

from tests.doctor.ailing import ailing_shop, answers, instead

Shown = subprocess.CompletedProcess[str]


class Doctor:
    """Runs the command at a shop, with nothing in the environment but the settings."""

    def __init__(self, url: str, shop: Shop, folder: Path) -> None:
        self.shop = shop
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "HANDOFF_PUBLIC_URL": url,
            "HANDOFF_MAGENTO_URL": url,
            "HANDOFF_API_KEYS": "a-key-of-the-tests-of-doctor",
            "HANDOFF_SECRET_KEY": "it-signs-the-links-of-the-tests-and-is-long",
            "HANDOFF_SESSION_STORE": (folder / "sessions").as_uri(),
            "HANDOFF_DATABASE_URL": f"sqlite:///{folder / 'handoff.db'}",
            "HANDOFF_MAGENTO_ADMIN_USERNAME": "admin",
            "HANDOFF_MAGENTO_ADMIN_PASSWORD": "Admin123!",
        }

    def started(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start the command."""
        return subprocess.Popen(
            [sys.executable, "-m", "handoff.cli", "doctor", *arguments],
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> Shown:
        """Run the command to its end."""
        process = self.started(*arguments, **environment)
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)


@pytest.fixture
def doctor(tmp_path: Path) -> Iterator[Doctor]:
    healthz = answers("/healthz", {"status": "ok"})
    with ailing_shop(tmp_path / "sessions", healthz) as (url, shop):
        yield Doctor(url, shop, tmp_path)


def test_a_ready_shop_ends_with_0(doctor: Doctor) -> None:
    ended = doctor.run()
    assert ended.returncode == 0, ended.stdout
    assert "The way in" in ended.stdout
    assert ended.stderr == ""


def test_a_finding_ends_with_1(doctor: Doctor) -> None:
    ended = doctor.run("--only", "way-in", HANDOFF_SESSION_COOKIE_LIFETIME="7200")
    assert ended.returncode == 1
    assert "HANDOFF_SESSION_COOKIE_LIFETIME=3600" in ended.stdout


def test_settings_that_name_no_shop_end_with_2_and_are_named(doctor: Doctor) -> None:
    ended = doctor.run(HANDOFF_MAGENTO_URL="", HANDOFF_LINK_TTL="soon")
    assert ended.returncode == 2
    assert "HANDOFF_MAGENTO_URL" in ended.stderr
    assert "HANDOFF_LINK_TTL" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_other_faults_of_the_settings_are_findings_among_the_others(doctor: Doctor) -> None:
    ended = doctor.run(
        "--json",
        HANDOFF_SESSION_COOKIE_DOMAIN="shop.example",
        HANDOFF_LINK_TTL="soon",
        HANDOFF_API_KEYS="short",
        HANDOFF_COOKIE_DOMAIN="misspelt",
    )
    assert ended.returncode == 1
    findings = _findings(json.loads(ended.stdout))
    told = " ".join(one["seen"] for one in findings if one["name"] == "Settings")
    for name in ("HANDOFF_SESSION_COOKIE_DOMAIN", "HANDOFF_LINK_TTL", "HANDOFF_API_KEYS"):
        assert name in told
    assert "HANDOFF_COOKIE_DOMAIN is no setting" in told
    assert any(one["name"] == "Category tree" for one in findings)


def _findings(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        finding
        for sections in document["parts"].values()
        for section in sections
        for finding in section["findings"]
    ]


def test_json_is_the_whole_of_standard_output(doctor: Doctor) -> None:
    ended = doctor.run("--json", "--only", "data", "--sample", "3")
    document = json.loads(ended.stdout)
    assert list(document["parts"]) == ["data"]
    [products] = [one for one in _findings(document) if one["name"] == "Products"]
    assert products["seen"].startswith("3 of 22")


def test_the_page_is_written_beside_what_is_shown(doctor: Doctor) -> None:
    page = doctor.folder / "report.html"
    ended = doctor.run("--only", "access", "--html", str(page))
    assert "Administrator" in ended.stdout
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_the_password_comes_from_a_file(doctor: Doctor) -> None:
    file = doctor.folder / "password"
    file.write_text("Shopper123!\n")
    ended = doctor.run(
        "--json",
        *("--only", "access"),
        *("--customer-email", "shopper@example.com", "--customer-password-file", str(file)),
    )
    verdicts = {one["name"]: one["verdict"] for one in _findings(json.loads(ended.stdout))}
    assert verdicts["Customer's login"] == "ok"
    assert "Shopper123!" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_empties_its_carts_and_ends_cleanly(
    tmp_path: Path, number: signal.Signals
) -> None:
    reached, going_on = threading.Event(), threading.Event()

    def hold(request: Any) -> None:
        if request.path == "/checkout/" and "PHPSESSID" in request.cookies:
            reached.set()
            going_on.wait(20)

    with ailing_shop(tmp_path / "sessions", instead(hold)) as (url, shop):
        process = Doctor(url, shop, tmp_path).started()
        assert reached.wait(30)
        assert any(quote.lines for quote in shop.quotes.by_number.values())
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        going_on.set()
    assert process.returncode == 130
    assert (out, "Traceback" in err) == ("", False)
    assert "taken away" in err
    assert not any(quote.lines for quote in shop.quotes.by_number.values())


def test_it_takes_no_longer_than_it_is_given(tmp_path: Path) -> None:
    def dawdle(_request: Any) -> None:
        time.sleep(0.5)

    with ailing_shop(tmp_path / "sessions", instead(dawdle)) as (url, shop):
        ended = Doctor(url, shop, tmp_path).run("--timeout", "5", "--json")
    assert ended.returncode == 1
    assert "No time was left" in ended.stdout
