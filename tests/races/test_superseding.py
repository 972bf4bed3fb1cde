"""A newer transfer while the older link is being spent: never are both open to newcomers."""

from __future__ import annotations

from tests.races.at_once import Answer, at_once, entry_request, one, statuses, transfer_request
from tests.races.ledgers import handoff_of, handoffs, live
from tests.running import RunningService, RunningShop

ROUNDS = 12


def transferred(service: RunningService, body: dict[str, str]) -> str:
    answer = one(service.url, transfer_request(body))
    assert answer.status == 200
    return str(answer.json["url"])


def test_the_older_link_lets_nobody_new_in_once_the_newer_is_there(
    service: RunningService, shop: RunningShop
) -> None:
    for number in range(ROUNDS):
        masked_id = shop.guest_quote(("ITEM-01", 1))
        older = transferred(service, {"quote_id": masked_id})
        newer = transfer_request({"quote_id": masked_id, "reference": f"newer-{number}"})
        *spending, answer = at_once(service.url, [*[entry_request("POST", older)] * 3, newer])
        assert answer.status == 200
        assert older != answer.json["url"]
        assert [each.status for each in spending].count(303) <= 1
        assert_one_more_gets_in(service, older, answer)


def test_an_equal_transfer_while_the_link_is_spent_gives_that_link_or_a_newer_one(
    service: RunningService, shop: RunningShop
) -> None:
    for _ in range(ROUNDS):
        body = {"quote_id": shop.guest_quote(("ITEM-01", 1))}
        older = transferred(service, body)
        spent, answer = at_once(service.url, [entry_request("POST", older), transfer_request(body)])
        assert answer.status == 200
        if answer.json["url"] == older:  # given anew first, and spent then
            assert spent.status == 303
            assert one(service.url, entry_request("POST", older)).status == 410
        else:
            assert_one_more_gets_in(service, older, answer)


def test_many_newer_transfers_and_many_newcomers_leave_one_live_link(
    service: RunningService, shop: RunningShop, ledger: str
) -> None:
    masked_id = shop.guest_quote(("ITEM-01", 1))
    older = transferred(service, {"quote_id": masked_id})
    newer = [{"quote_id": masked_id, "reference": f"many-{n}"} for n in range(8)]
    mixed = [
        asked for body in newer for asked in (entry_request("POST", older), transfer_request(body))
    ]
    answers = at_once(service.url, mixed)
    assert [answer.status for answer in answers[0::2]].count(303) <= 1
    assert [answer.status for answer in answers[1::2]] == [200] * len(newer)
    links = [older, *(answer.json["url"] for answer in answers[1::2])]
    later = at_once(service.url, [entry_request("POST", link) for link in links])
    assert statuses(later) == [303] + [410] * len(newer)
    number = handoff_of(ledger, older)["quote_number"]
    rows = [row for row in handoffs(ledger) if row["quote_number"] == number]
    assert len(rows) == len(links)
    assert len(live(rows)) == 1


def assert_one_more_gets_in(service: RunningService, older: str, newer: Answer) -> None:
    """Require that the older link refuses newcomers, and the newer lets in one of two."""
    link = newer.json["url"]
    late = at_once(service.url, [entry_request("POST", each) for each in (older, link, link)])
    assert late[0].status == 410
    assert statuses(late[1:]) == [303, 410]
