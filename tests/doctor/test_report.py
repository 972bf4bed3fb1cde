"""What an examination tells, and in which forms."""

from __future__ import annotations

import json
import re
import time
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from handoff.deadline import Deadline
from handoff.doctor import PARTS, Case, Reading, Report, Verdict, examine
from handoff.doctor.page import page
from handoff.doctor.table import show
from handoff.doctor.traces import Traces
from handoff.settings import load_settings
from tests.doctor.ailing import changes, denies
from tests.doctor.conftest import Examine, settings_of
from tests.magento.faults import Call, faulty_shop
from tests.running import free_port

EVERYTHING = tuple(PARTS)
_SECRET = re.compile(
    "Admin123!|Shopper123!|key-of-the-tests|signs-the-links|eyJ|sess_[a-z0-9]|[A-Za-z0-9]{26}"
)


def shown(report: Report) -> str:
    """Return what a terminal shows."""
    out = StringIO()
    show(report, Console(file=out, width=120))
    return out.getvalue()


def test_no_form_of_it_holds_a_secret(examined: Examine, tmp_path: Path) -> None:
    report = examined(parts=EVERYTHING).report
    for form in (json.dumps(report.as_json()), page(report), shown(report), repr(report)):
        assert "ITEM-01" in form
        assert _SECRET.findall(form.replace(str(tmp_path), "")) == []


def test_all_forms_tell_the_same(examined: Examine) -> None:
    report = examined(denies("/orders"), parts=("access",)).report
    [found] = [one for one in report.findings if one.name == "Right to read orders"]
    for text in (found.name, found.seen, found.advice):
        assert text in " ".join(shown(report).split()) or len(text) > 60
        assert text in _text_of(page(report))
        assert text in json.dumps(report.as_json(), ensure_ascii=False)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _text_of(html: str) -> str:
    parser = _Text()
    parser.feed(html)
    return " ".join("".join(parser.words).split())


def test_the_page_loads_nothing(examined: Examine) -> None:
    html = page(examined(parts=EVERYTHING).report)
    parser = _Text()
    parser.feed(html)
    assert parser.addresses == []
    assert "url(" not in html
    assert "@import" not in html


def test_the_page_takes_what_the_shop_says_as_text(examined: Examine) -> None:
    def attack(product: Any) -> None:
        product |= {"sku": "<script>alert(1)</script>", "media_gallery_entries": []}

    html = page(examined(changes("/products/ITEM-05", attack), parts=("data",)).report)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_the_json_counts_what_it_lists(examined: Examine) -> None:
    document = examined(denies("/orders"), parts=("access", "data")).report.as_json()
    assert list(document["parts"]) == ["access", "data"]
    listed = [
        finding["verdict"]
        for sections in document["parts"].values()
        for section in sections
        for finding in section["findings"]
    ]
    assert document["verdict"] == "fault"
    assert document["counts"] == {verdict.value: listed.count(verdict.value) for verdict in Verdict}


def _examine_at(url: str, folder: Path, *, seconds: float) -> Report:
    settings = load_settings(**settings_of(url, folder))
    case = Case(Reading(settings), until=Deadline.after(seconds), traces=Traces())
    return examine(case)


def test_a_shop_that_is_down_is_told_and_nothing_is_guessed(tmp_path: Path) -> None:
    report = _examine_at(f"http://127.0.0.1:{free_port()}", tmp_path, seconds=30)
    faults = [found.name for found in report.findings if found.verdict is Verdict.FAULT]
    assert faults == ["Shop's pages", "Address of REST"]
    unknown = {found.name for found in report.findings if found.verdict is Verdict.UNKNOWN}
    assert {"Bag into checkout", "Administrator", "Category tree"} <= unknown


def test_a_shop_that_never_answers_is_given_up_in_time(tmp_path: Path) -> None:
    def keep_silent(call: Call) -> None:
        call.wait(12)
        call.hang_up()

    started = time.monotonic()
    with faulty_shop(keep_silent) as shop:
        report = _examine_at(shop.url, tmp_path, seconds=1)
        assert time.monotonic() - started < 10
    assert report.verdict.is_finding


@pytest.mark.parametrize("body", [b"[]", b"{}", b"null", b'"x"', b"<html>", b"[[1]]"])
def test_a_shop_that_answers_nonsense_breaks_nothing(tmp_path: Path, body: bytes) -> None:
    def talk_nonsense(call: Call) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
        call.send(head.encode() + (b"" if call.method == "HEAD" else body))

    with faulty_shop(talk_nonsense) as shop:
        report = _examine_at(shop.url, tmp_path, seconds=30)
    assert report.verdict is Verdict.FAULT
