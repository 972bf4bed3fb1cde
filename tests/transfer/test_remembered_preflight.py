"""Which guests' bags checkout is not asked about, because it has accepted one like them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from handoff.ledger.database import open_database
from handoff.ledger.migrate import migrate
from handoff.ledger.models import NewHandoff
from handoff.ledger.preflight_cache_invalidation import CheckoutRefusalCount
from handoff.magento.quote_models import Quote, QuoteLine
from handoff.settings import SettingsError, load_settings
from handoff.transfer.checkout_preflight import AcceptedCheckouts
from tests.conftest import Poq, create_settings
from tests.magento.faulty_shop import Call, FaultyShop, faulty_shop
from tests.magento.service_in_process import ServiceInProcess, run_service
from tests.magento.shop_behaviours import (
    answers_page,
    behaves_if,
    build_response,
    forwards_to,
)
from tests.running_servers import RunningShop


@contextmanager
def run_watched_service(
    shop: RunningShop, folder: Path, *, preflight: str = "remember"
) -> Iterator[tuple[ServiceInProcess, FaultyShop]]:
    with (
        faulty_shop(forwards_to(shop.url)) as watched,
        run_service(
            watched.url,
            folder,
            checkout_preflight=preflight,
            session_store=shop.sessions.as_uri(),
        ) as service,
    ):
        yield service, watched


def count_preflights(watched: FaultyShop) -> int:
    return [call.method for call in watched.calls].count("HEAD")


def test_checkout_is_asked_once_about_bags_of_accepted_skus(
    shop: RunningShop, tmp_path: Path
) -> None:
    with run_watched_service(shop, tmp_path) as (service, watched):
        assert service.poq.transfer_bag(("ITEM-01", 1), ("ITEM-02", 1)).status_code == 200
        assert count_preflights(watched) == 1
        for lines in (
            [("ITEM-01", 1), ("ITEM-02", 1)],
            [("ITEM-02", 3), ("ITEM-01", 1)],
            [("ITEM-02", 9)],
        ):
            assert service.poq.transfer_bag(*lines, reference=str(lines)).status_code == 200
        assert count_preflights(watched) == 1


def test_checkout_is_asked_about_a_new_sku_a_smaller_total_and_every_quote(
    shop: RunningShop, tmp_path: Path
) -> None:
    quote = {"quote_id": shop.create_guest_quote(("ITEM-01", 2))}
    with run_watched_service(shop, tmp_path) as (service, watched):
        assert service.poq.transfer_bag(("ITEM-01", 2)).status_code == 200
        for number, lines in enumerate(
            ([("ITEM-01", 1)], [("ITEM-01", 2), ("ITEM-03", 1)]), start=2
        ):
            assert service.poq.transfer_bag(*lines, reference=str(lines)).status_code == 200
            assert count_preflights(watched) == number
        for number in (4, 5):
            assert service.poq.transfer(quote).status_code == 200
            assert count_preflights(watched) == number


@pytest.mark.parametrize(("preflight", "count"), [("always", 2), ("off", 0)])
def test_the_setting_decides_whether_checkout_is_asked(
    shop: RunningShop, tmp_path: Path, preflight: str, count: int
) -> None:
    with run_watched_service(shop, tmp_path, preflight=preflight) as (service, watched):
        for reference in ("first", "second"):
            assert service.poq.transfer_bag(("ITEM-01", 1), reference=reference).status_code == 200
        assert count_preflights(watched) == count


def test_a_refusal_forgets_what_was_accepted(shop: RunningShop, tmp_path: Path) -> None:
    with run_watched_service(shop, tmp_path) as (service, watched):
        assert service.poq.transfer_bag(("ITEM-01", 1)).status_code == 200
        shop.state.rules.guest_checkout = False
        try:
            refused = service.poq.transfer_bag(("ITEM-05", 1), reference="a sku that is new")
            assert refused.get_json()["code"] == "guest_checkout_off"
            refused = service.poq.transfer_bag(("ITEM-01", 1), reference="an accepted sku")
            assert refused.get_json()["code"] == "guest_checkout_off"
        finally:
            shop.state.rules.guest_checkout = True
        assert count_preflights(watched) == 3


def test_an_answer_to_a_question_from_before_a_refusal_is_not_remembered(
    shop: RunningShop, tmp_path: Path
) -> None:
    answers = []
    with run_watched_service(shop, tmp_path) as (service, watched):
        forward, other_caller = forwards_to(shop.url), Poq(service.app.test_client())

        def accepts_after_a_refusal(call: Call) -> None:
            watched.behaviour = forward
            shop.state.rules.minimum = Decimal(100)
            for line in (("ITEM-02", 1), ("ITEM-03", 90)):
                answers.append(other_caller.transfer_bag(line, reference=line[0]).status_code)
            call.send(build_response(200, b""))

        watched.behaviour = behaves_if(
            lambda call: call.method == "HEAD", accepts_after_a_refusal, forward
        )
        try:
            for reference in ("first", "second"):
                answers.append(
                    service.poq.transfer_bag(("ITEM-01", 1), reference=reference).status_code
                )
        finally:
            shop.state.rules.minimum = Decimal(0)
        assert answers == [409, 200, 200, 409]


def test_an_inconclusive_answer_is_not_remembered(shop: RunningShop, tmp_path: Path) -> None:
    with run_watched_service(shop, tmp_path) as (service, watched):
        watched.behaviour = behaves_if(
            lambda call: call.method == "HEAD", answers_page(403), forwards_to(shop.url)
        )
        for number, reference in enumerate(("first", "second"), start=1):
            assert service.poq.transfer_bag(("ITEM-01", 1), reference=reference).status_code == 200
            assert count_preflights(watched) == number


def build_handoff(kind: str = "bag", store_code: str = "default") -> NewHandoff:
    return NewHandoff(
        caller="poq",
        transfer_key="key",
        content_hash="hash",
        reference="r-1",
        kind=kind,
        store_code=store_code,
        quote_number=7,
        customer_id=None,
        customer_group_id=None,
        bag={"currency": "GBP", "lines": []},
    )


def build_quote(total: str | None, currency: str = "GBP") -> Quote:
    return Quote(
        number=7,
        is_active=True,
        store_id=1,
        currency=currency,
        lines=(QuoteLine("ITEM-01", Decimal(1), 1),),
        customer=None,
        total=None if total is None else Decimal(total),
    )


@pytest.fixture
def refusal_count(tmp_path: Path) -> Iterator[CheckoutRefusalCount]:
    database = open_database(f"sqlite:///{tmp_path / 'handoff.db'}")
    migrate(database)
    yield CheckoutRefusalCount(database)
    database.close()


def test_an_acceptance_ends_after_a_minute(refusal_count: CheckoutRefusalCount) -> None:
    now = 0.0
    accepted = AcceptedCheckouts(refusal_count, lambda: now)
    accepted.add(build_handoff(), build_quote("10"), asked_at=now)
    assert accepted.has_similar(build_handoff(), build_quote("10"))
    now = 59
    assert accepted.has_similar(build_handoff(), build_quote("11"))
    assert not accepted.has_similar(build_handoff(), build_quote("9.99"))
    now = 60
    assert not accepted.has_similar(build_handoff(), build_quote("10"))


def test_a_refusal_in_another_worker_ends_an_acceptance(
    refusal_count: CheckoutRefusalCount,
) -> None:
    workers = [AcceptedCheckouts(refusal_count), AcceptedCheckouts(refusal_count)]
    for worker in workers:
        worker.forget_if_refused()
        assert not worker.has_similar(build_handoff(), build_quote("10"))
        worker.add(build_handoff(), build_quote("10"), asked_at=time.monotonic())
    assert all(worker.has_similar(build_handoff(), build_quote("10")) for worker in workers)
    workers[0].forget_in_all_workers()
    for worker in workers:
        worker.forget_if_refused()
    assert not any(worker.has_similar(build_handoff(), build_quote("10")) for worker in workers)


def test_an_acceptance_counts_for_its_store_view_and_currency_only(
    refusal_count: CheckoutRefusalCount,
) -> None:
    accepted = AcceptedCheckouts(refusal_count)
    accepted.add(build_handoff(), build_quote("10"), asked_at=time.monotonic())
    assert not accepted.has_similar(build_handoff(store_code="german"), build_quote("10"))
    assert not accepted.has_similar(build_handoff(), build_quote("10", currency="EUR"))
    assert not accepted.has_similar(build_handoff(kind="guest"), build_quote("10"))
    assert not accepted.has_similar(build_handoff(), build_quote(None))


def test_the_setting_that_it_replaces_is_named(
    shop: RunningShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDOFF_ASK_CHECKOUT", "false")
    with pytest.raises(SettingsError) as error:
        load_settings(**create_settings(shop.url, shop.sessions, tmp_path))
    [fault] = error.value.faults
    assert fault == (
        "HANDOFF_ASK_CHECKOUT is gone. Set HANDOFF_CHECKOUT_PREFLIGHT=off instead of false, or "
        "remove it."
    )
