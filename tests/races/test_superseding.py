"""A newer transfer while the older link is being used: never can both links be used."""

from __future__ import annotations

import pytest

from tests.races.ledger_access import read_handoff, read_handoffs, select_current
from tests.races.simultaneous_requests import (
    Answer,
    build_entry_request,
    build_transfer_request,
    send,
    send_simultaneously,
    sort_statuses,
)
from tests.running_servers import RunningService, RunningShop

pytestmark = pytest.mark.processes

ROUNDS = 12


def transfer(service: RunningService, body: dict[str, str]) -> str:
    answer = send(service.url, build_transfer_request(body))
    assert answer.status == 200
    return str(answer.json["url"])


def test_the_older_link_refuses_new_web_views_after_the_newer_transfer(
    service: RunningService, shop: RunningShop
) -> None:
    for number in range(ROUNDS):
        masked_id = shop.create_guest_quote(("ITEM-01", 1))
        older = transfer(service, {"quote_id": masked_id})
        newer = build_transfer_request({"quote_id": masked_id, "reference": f"newer-{number}"})
        *uses, answer = send_simultaneously(
            service.url, [*(build_entry_request("POST", older) for _ in range(3)), newer]
        )
        assert answer.status == 200
        assert older != answer.json["url"]
        assert [use.status for use in uses].count(303) <= 1
        assert_one_more_gets_in(service, older, answer)


def test_an_equal_transfer_while_the_link_is_used_returns_that_link_or_a_newer_one(
    service: RunningService, shop: RunningShop
) -> None:
    for _ in range(ROUNDS):
        body = {"quote_id": shop.create_guest_quote(("ITEM-01", 1))}
        older = transfer(service, body)
        used, answer = send_simultaneously(
            service.url, [build_entry_request("POST", older), build_transfer_request(body)]
        )
        assert answer.status == 200
        if answer.json["url"] == older:  # renewed first, and used afterwards
            assert used.status == 303
            assert send(service.url, build_entry_request("POST", older)).status == 410
        else:
            assert_one_more_gets_in(service, older, answer)


def test_many_newer_transfers_and_web_views_leave_one_live_link(
    service: RunningService, shop: RunningShop, ledger: str
) -> None:
    masked_id = shop.create_guest_quote(("ITEM-01", 1))
    older = transfer(service, {"quote_id": masked_id})
    newer = [{"quote_id": masked_id, "reference": f"many-{n}"} for n in range(8)]
    mixed = [
        asked
        for body in newer
        for asked in (build_entry_request("POST", older), build_transfer_request(body))
    ]
    answers = send_simultaneously(service.url, mixed)
    assert [answer.status for answer in answers[0::2]].count(303) <= 1
    assert [answer.status for answer in answers[1::2]] == [200] * len(newer)
    links = [older, *(answer.json["url"] for answer in answers[1::2])]
    later = send_simultaneously(service.url, [build_entry_request("POST", link) for link in links])
    assert sort_statuses(later) == [303] + [410] * len(newer)
    number = read_handoff(ledger, older)["quote_number"]
    rows = [row for row in read_handoffs(ledger) if row["quote_number"] == number]
    assert len(rows) == len(links)
    assert len(select_current(rows)) == 1


def assert_one_more_gets_in(service: RunningService, older: str, newer: Answer) -> None:
    """Require that the older link refuses new web views, and the newer one lets in one of two."""
    link = newer.json["url"]
    late = send_simultaneously(
        service.url, [build_entry_request("POST", each) for each in (older, link, link)]
    )
    assert late[0].status == 410
    assert sort_statuses(late[1:]) == [303, 410]
