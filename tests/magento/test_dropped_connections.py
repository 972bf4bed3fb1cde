"""Broken connections: reading is retried, and filling a cart begins with a new cart."""

from __future__ import annotations

import pytest

from tests.magento import shop_behaviours as shop_that
from tests.magento.conftest import RunService
from tests.magento.faulty_shop import Behaviour, faulty_shop
from tests.magento.shop_behaviours import (
    answers_page,
    behaves_first,
    behaves_if,
    forwards_and_hangs_up,
    forwards_and_loses_answer,
    forwards_to,
)
from tests.magento.transfer_calls import build_bag_transfer
from tests.running_servers import RunningShop

pytestmark = pytest.mark.waiting

BREAKS = {
    "reset": shop_that.resets,
    "hung up": shop_that.hangs_up,
    "cut": shop_that.cuts_body,
    "reset in the body": shop_that.resets_in_body,
}


@pytest.fixture(params=BREAKS.values(), ids=list(BREAKS))
def breaks(request: pytest.FixtureRequest) -> Behaviour:
    found: Behaviour = request.param
    return found


def test_reading_a_quote_succeeds_after_one_broken_connection(
    breaks: Behaviour, shop: RunningShop, serve: RunService
) -> None:
    masked_id = shop.create_guest_quote(("ITEM-01", 2))
    with (
        faulty_shop(behaves_first(1, breaks, forwards_to(shop.url))) as faulty,
        serve(faulty.url) as service,
    ):
        assert service.poq.transfer({"quote_id": masked_id}).status_code == 200
        assert len(faulty.calls) == 3  # the last confirms the number of the store view
        assert len(service.handoffs()) == 1
        assert service.leases() == []


def test_reading_a_customers_quote_succeeds_after_two_broken_connections(
    breaks: Behaviour, shop: RunningShop, serve: RunService
) -> None:
    token = shop.log_in_customer()
    number = shop.fill_customer_quote(token, ("ITEM-01", 1))
    with (
        faulty_shop(behaves_first(2, breaks, forwards_to(shop.url))) as faulty,
        serve(faulty.url) as service,
    ):
        answer = service.poq.transfer({"quote_id": number, "token_id": token})
        assert answer.status_code == 200
        assert len(faulty.calls) == 4  # the last confirms the number of the store view


@pytest.mark.parametrize("lost", ["/guest-carts", "/items"])
def test_if_an_answer_is_lost_the_bag_is_put_into_a_new_cart(
    lost: str, shop: RunningShop, serve: RunService
) -> None:
    behaviour = behaves_if(
        lambda call: call.path == "/graphql", answers_page(404), loses_first_answer(lost, shop)
    )
    with faulty_shop(behaviour) as faulty, serve(faulty.url) as service:
        assert service.poq.transfer(build_bag_transfer(("ITEM-01", 2))).status_code == 200
        [row] = service.handoffs()
        assert row["bag"]["lines"] == [{"sku": "ITEM-01", "quantity": "2"}]
        made = [path for path in faulty.paths() if path.endswith("/guest-carts")]
        assert len(made) == 2


def test_a_filled_cart_whose_answer_is_lost_is_not_used(
    shop: RunningShop, serve: RunService
) -> None:
    with (
        faulty_shop(loses_first_answer("/graphql", shop)) as faulty,
        serve(faulty.url) as service,
    ):
        assert (
            service.poq.transfer(build_bag_transfer(("ITEM-01", 2), ("ITEM-02", 1))).status_code
            == 200
        )
        ids = [call.json["variables"]["id"] for call in faulty.calls if call.path == "/graphql"]
        assert len(set(ids)) == 2


def test_connections_that_the_shop_has_closed_cause_no_error(
    shop: RunningShop, serve: RunService
) -> None:
    with faulty_shop(forwards_and_hangs_up(shop.url)) as faulty, serve(faulty.url) as service:
        for number in range(5):
            reference = {"reference": f"r-{number}"}
            answer = service.poq.transfer({**build_bag_transfer(("ITEM-01", 1)), **reference})
            assert answer.status_code == 200
        assert len(service.handoffs()) == 5


def loses_first_answer(path: str, shop: RunningShop) -> Behaviour:
    """Lose the first answer to calls of a path; the shop has done what it was asked."""
    stand_in = forwards_to(shop.url)
    once = behaves_first(1, forwards_and_loses_answer(shop.url), stand_in)
    return behaves_if(lambda call: call.path.endswith(path), once, stand_in)
