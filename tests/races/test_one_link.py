"""One link, and many who want to be let in at the same instant."""

from __future__ import annotations

from pathlib import Path

from handoff.ledger.handoff_repository import MAX_REOPENS
from tests.races.at_once import at_once, entry_request, one, statuses
from tests.races.ledgers import handoff_of, make_links
from tests.running import RunningService


def test_of_fifty_web_views_at_one_link_one_is_let_in(
    service: RunningService, ledger: str, folder: Path
) -> None:
    for link in make_links(ledger, 5):
        sessions = len(list((folder / "sessions").iterdir()))
        answers = at_once(service.url, [entry_request("POST", link)] * 50)
        assert statuses(answers) == [303] + [410] * 49
        assert len(list((folder / "sessions").iterdir())) == sessions + 1
        [entered] = [answer for answer in answers if answer.status == 303]
        assert len([answer for answer in answers if "PHPSESSID" in answer.cookies]) == 1
        assert "PHPSESSID" in entered.cookies


def test_those_who_have_looked_at_the_page_first_are_no_better_off(
    service: RunningService, ledger: str
) -> None:
    [link] = make_links(ledger, 1)
    looks = at_once(service.url, [entry_request("GET", link)] * 50)
    assert statuses(looks) == [200] * 50
    entering = [entry_request("POST", link, look.cookies) for look in looks]
    assert statuses(at_once(service.url, entering)) == [303] + [410] * 49


def test_both_taps_of_a_double_tap_lead_to_checkout(service: RunningService, ledger: str) -> None:
    for link in make_links(ledger, 10):
        cookies = one(service.url, entry_request("GET", link)).cookies
        taps = at_once(service.url, [entry_request("POST", link, cookies)] * 2)
        assert statuses(taps) == [303, 303]
        assert len({tap.headers["Location"] for tap in taps}) == 1
        assert one(service.url, entry_request("POST", link)).status == 410


def test_an_opener_comes_back_five_times_however_many_taps_and_newcomers_there_are(
    service: RunningService, ledger: str
) -> None:
    for link in make_links(ledger, 5):
        cookies = one(service.url, entry_request("GET", link)).cookies
        assert one(service.url, entry_request("POST", link, cookies)).status == 303
        back, newcomer = entry_request("POST", link, cookies), entry_request("POST", link)
        answers = at_once(service.url, [back, newcomer] * 12)
        assert statuses(answers[0::2]) == [303] * MAX_REOPENS + [410] * (12 - MAX_REOPENS)
        assert statuses(answers[1::2]) == [410] * 12
        assert handoff_of(ledger, link)["reopen_count"] == MAX_REOPENS


def test_looks_at_the_same_instant_as_the_tap_change_nothing(
    service: RunningService, ledger: str
) -> None:
    for link in make_links(ledger, 5):
        cookies = one(service.url, entry_request("GET", link)).cookies
        asked = [entry_request("GET", link)] * 10 + [entry_request("POST", link, cookies)]
        answers = at_once(service.url, asked)
        assert answers[-1].status == 303
        assert {look.status for look in answers[:-1]} <= {200, 410}
        assert one(service.url, entry_request("POST", link, cookies)).status == 303


def test_a_link_is_bound_once_in_the_ledger(service: RunningService, ledger: str) -> None:
    [link] = make_links(ledger, 1)
    cookies = one(service.url, entry_request("GET", link)).cookies
    at_once(service.url, [entry_request("POST", link, cookies)] * 4)
    row = handoff_of(ledger, link)
    assert row["used_at"] <= row["session_written_at"]
    assert row["superseded_at"] is None
