"""One link, and many web views that try to use it at the same instant."""

from __future__ import annotations

from pathlib import Path

import pytest

from handoff.ledger.handoff_repository import MAX_REOPENS
from tests.races.ledger_access import issue_links, read_handoff
from tests.races.simultaneous_requests import (
    build_entry_request,
    send,
    send_simultaneously,
    sort_statuses,
)
from tests.running_servers import RunningService

pytestmark = pytest.mark.processes


def test_one_of_fifty_web_views_is_let_in(
    service: RunningService, ledger: str, folder: Path
) -> None:
    for link in issue_links(ledger, 5):
        sessions = len(list((folder / "sessions").iterdir()))
        answers = send_simultaneously(
            service.url, [build_entry_request("POST", link) for _ in range(50)]
        )
        assert sort_statuses(answers) == [303] + [410] * 49
        assert len(list((folder / "sessions").iterdir())) == sessions + 1
        [entered] = [answer for answer in answers if answer.status == 303]
        assert len([answer for answer in answers if "PHPSESSID" in answer.cookies]) == 1
        assert "PHPSESSID" in entered.cookies


def test_one_of_fifty_web_views_that_opened_the_page_before_is_let_in(
    service: RunningService, ledger: str
) -> None:
    [link] = issue_links(ledger, 1)
    looks = send_simultaneously(service.url, [build_entry_request("GET", link)] * 50)
    assert sort_statuses(looks) == [200] * 50
    entering = [build_entry_request("POST", link, look.cookies) for look in looks]
    assert sort_statuses(send_simultaneously(service.url, entering)) == [303] + [410] * 49


def test_both_requests_of_a_double_tap_lead_to_checkout(
    service: RunningService, ledger: str
) -> None:
    for link in issue_links(ledger, 10):
        cookies = send(service.url, build_entry_request("GET", link)).cookies
        taps = send_simultaneously(service.url, [build_entry_request("POST", link, cookies)] * 2)
        assert sort_statuses(taps) == [303, 303]
        assert len({tap.headers["Location"] for tap in taps}) == 1
        assert send(service.url, build_entry_request("POST", link)).status == 410


def test_a_web_view_reopens_its_link_five_times_among_many_requests(
    service: RunningService, ledger: str
) -> None:
    for link in issue_links(ledger, 5):
        cookies = send(service.url, build_entry_request("GET", link)).cookies
        assert send(service.url, build_entry_request("POST", link, cookies)).status == 303
        back, newcomer = (
            build_entry_request("POST", link, cookies),
            build_entry_request("POST", link),
        )
        answers = send_simultaneously(service.url, [back, newcomer] * 12)
        assert sort_statuses(answers[0::2]) == [303] * MAX_REOPENS + [410] * (12 - MAX_REOPENS)
        assert sort_statuses(answers[1::2]) == [410] * 12
        assert read_handoff(ledger, link)["reopen_count"] == MAX_REOPENS


def test_gets_at_the_same_instant_as_the_post_change_nothing(
    service: RunningService, ledger: str
) -> None:
    for link in issue_links(ledger, 5):
        cookies = send(service.url, build_entry_request("GET", link)).cookies
        asked = [build_entry_request("GET", link)] * 10 + [
            build_entry_request("POST", link, cookies)
        ]
        answers = send_simultaneously(service.url, asked)
        assert answers[-1].status == 303
        assert {look.status for look in answers[:-1]} <= {200, 410}
        assert send(service.url, build_entry_request("POST", link, cookies)).status == 303


def test_the_ledger_notes_one_session_for_a_link(service: RunningService, ledger: str) -> None:
    [link] = issue_links(ledger, 1)
    cookies = send(service.url, build_entry_request("GET", link)).cookies
    send_simultaneously(service.url, [build_entry_request("POST", link, cookies)] * 4)
    row = read_handoff(ledger, link)
    assert row["used_at"] <= row["session_written_at"]
    assert row["superseded_at"] is None
