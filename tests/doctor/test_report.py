"""The report of a run, and its three formats."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from handoff.doctor.check_result import (
    CheckResult,
    Severity,
    fault,
    ok,
    split_commands,
    unknown,
    warning,
)
from handoff.doctor.checklist import CHECKLIST
from handoff.doctor.checkout_trial import CheckoutTrialOutcome
from handoff.doctor.checks import session_store, session_table
from handoff.doctor.console_report import print_report
from handoff.doctor.html_report import render_html_report
from handoff.doctor.report import DoctorReport
from handoff.doctor.runner import run_checks
from tests.doctor.conftest import RunDoctor, create_context, create_good_settings
from tests.doctor.modified_shop import change_json, deny_path
from tests.magento.faulty_shop import Call, faulty_shop
from tests.running_servers import free_port

ALL_PARTS = tuple(CHECKLIST)
_SECRET = re.compile(
    "Admin123!|Shopper123!|key-of-the-tests|signs-the-links|eyJ|sess_[a-z0-9]|[A-Za-z0-9]{26}"
)


def print_to_text(report: DoctorReport) -> str:
    """Return what a terminal shows."""
    out = StringIO()
    print_report(report, Console(file=out, width=120))
    return out.getvalue()


def test_no_format_contains_a_secret(run_doctor: RunDoctor, tmp_path: Path) -> None:
    report = run_doctor(parts=ALL_PARTS).report
    for text in (
        json.dumps(report.as_json()),
        render_html_report(report),
        print_to_text(report),
        repr(report),
    ):
        assert "ITEM-01" in text
        assert _SECRET.findall(text.replace(str(tmp_path), "")) == []


def test_all_formats_contain_the_same(run_doctor: RunDoctor) -> None:
    report = run_doctor(deny_path("/orders"), parts=("access",)).report
    [found] = [result for result in report.results if result.name == "Right to read orders"]
    for text in (found.name, found.seen, found.advice):
        assert text in " ".join(print_to_text(report).split()) or len(text) > 60
        assert text in _read_text(render_html_report(report))
        assert text in json.dumps(report.as_json(), ensure_ascii=False)


class _TextReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _read_text(html: str) -> str:
    parser = _TextReader()
    parser.feed(html)
    return " ".join("".join(parser.words).split())


def test_the_html_page_loads_nothing(run_doctor: RunDoctor) -> None:
    html = render_html_report(run_doctor(parts=ALL_PARTS).report)
    parser = _TextReader()
    parser.feed(html)
    assert [address for address in parser.addresses if not address.startswith("#")] == []
    assert "url(" not in html
    assert "@import" not in html


def test_text_of_the_shop_is_escaped_in_the_html_page(run_doctor: RunDoctor) -> None:
    def attack(product: Any) -> None:
        product |= {"sku": "<script>alert(1)</script>", "media_gallery_entries": []}

    html = render_html_report(
        run_doctor(change_json("/products/ITEM-05", attack), parts=("data",)).report
    )
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_the_counts_in_the_json_are_right(run_doctor: RunDoctor) -> None:
    document = run_doctor(deny_path("/orders"), parts=("access", "data")).report.as_json()
    assert list(document["parts"]) == ["access", "data"]
    listed = [
        finding["verdict"]
        for sections in document["parts"].values()
        for section in sections
        for finding in section["findings"]
    ]
    assert document["verdict"] == "fault"
    assert document["counts"] == {
        severity.value: listed.count(severity.value) for severity in Severity
    }


def test_the_report_begins_with_the_verdict_and_leads_to_what_to_do(run_doctor: RunDoctor) -> None:
    report = run_doctor(deny_path("/orders"), parts=("access",)).report
    html = render_html_report(report)
    assert report.verdict == "This shop is not ready: 1 fault to correct."
    assert f"<h1>{report.verdict}</h1>" in html
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert {link.removeprefix("#") for link in re.findall(r'href="([^"]+)"', html)} <= set(ids)
    assert html.index("Right to read orders") < html.index("<details>")
    assert version("handoff") in html
    assert print_to_text(report).index("What to do") < print_to_text(report).index(report.verdict)


def test_checks_that_are_fine_are_folded_away_in_the_html_page(run_doctor: RunDoctor) -> None:
    report = run_doctor(parts=("access",)).report
    folded = "".join(re.findall(r"<details>.*?</details>", render_html_report(report), re.DOTALL))
    for result in report.results:
        assert (result.name in unescape(folded)) == (result.severity is Severity.OK)


LONG_COMMAND = "bin/magento config:set oauth/consumer/enable_integration_as_bearer 1 --lock-env"
LONG_ADDRESS = "https://staging.shop.example/rest/default/V1/integration/customer/token"


def test_80_columns_break_no_command_and_no_address() -> None:
    result = fault(f"{LONG_ADDRESS} does not answer, as it should.", f"Run this: `{LONG_COMMAND}`.")
    report = build_report(result.with_name("GET /categories/{categoryId}/products"))
    out = StringIO()
    print_report(report, Console(file=out, width=80))
    lines = out.getvalue().splitlines()
    assert any(line.strip() == LONG_COMMAND for line in lines)
    assert sum(LONG_ADDRESS in line for line in lines) == 2
    whole = (LONG_COMMAND, LONG_ADDRESS)
    assert [line for line in lines if len(line) > 80 and not any(w in line for w in whole)] == []


def test_a_word_of_advice_does_not_stand_on_a_line_of_its_own() -> None:
    texts = [outcome.value.advice for outcome in CheckoutTrialOutcome]
    for module in (session_store, session_table):
        texts += [advice for _, advice in module._ERROR_TEXTS.values()]
    commands = [part for text in texts for is_command, part in split_commands(text) if is_command]
    assert [command for command in commands if " " not in command] == []


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        ([ok("x")], "This shop is ready: nothing that was checked is wrong."),
        ([unknown("x")], "Nothing could be checked."),
        ([warning("x", "y")], "This shop is ready, with 1 warning."),
        ([fault("x", "y"), fault("x", "y"), warning("x", "y")], "not ready: 2 faults to correct."),
    ],
)
def test_the_verdict_is_one_sentence(results: list[CheckResult], verdict: str) -> None:
    assert build_report(*results).verdict.endswith(verdict)


def build_report(*results: CheckResult) -> DoctorReport:
    return DoctorReport(
        shop="https://www.shop.example",
        service="https://www.shop.example/handoff",
        version="1.2.3",
        started_at=datetime(2026, 11, 27, tzinfo=UTC),
        seconds=1.0,
        parts={"access": {"Address": list(results)}},
        leftovers=(),
    )


def _check_shop_at(url: str, folder: Path, *, seconds: float) -> DoctorReport:
    return run_checks(create_context(create_good_settings(url, folder), seconds=seconds))


def test_everything_else_is_unknown_if_the_shop_is_down(tmp_path: Path) -> None:
    report = _check_shop_at(f"http://127.0.0.1:{free_port()}", tmp_path, seconds=30)
    faults = [found.name for found in report.results if found.severity is Severity.FAULT]
    assert faults == ["Shop's pages", "Address of REST"]
    unknown = {found.name for found in report.results if found.severity is Severity.UNKNOWN}
    assert {"Bag into checkout", "Administrator", "Category tree"} <= unknown


@pytest.mark.waiting
def test_a_shop_that_never_answers_does_not_exceed_the_time_limit(tmp_path: Path) -> None:
    def keep_silent(call: Call) -> None:
        call.wait(12)
        call.hang_up()

    started = time.monotonic()
    with faulty_shop(keep_silent) as shop:
        report = _check_shop_at(shop.url, tmp_path, seconds=1)
        assert time.monotonic() - started < 10
    assert report.severity.is_action_needed


@pytest.mark.parametrize("body", [b"[]", b"{}", b"null", b'"x"', b"<html>", b"[[1]]"])
def test_a_shop_that_answers_nonsense_is_a_fault(tmp_path: Path, body: bytes) -> None:
    def talk_nonsense(call: Call) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
        call.send(head.encode() + (b"" if call.method == "HEAD" else body))

    with faulty_shop(talk_nonsense) as shop:
        report = _check_shop_at(shop.url, tmp_path, seconds=30)
    assert report.severity is Severity.FAULT
