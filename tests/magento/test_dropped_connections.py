"""A connection that breaks is no answer: a look is repeated, and a cart is begun anew."""

from __future__ import annotations

import pytest

from tests.magento import behaviours as shop_that
from tests.magento.behaviours import answers_once, first, loses_the_answer, page, passes_on, where
from tests.magento.conftest import Serve
from tests.magento.faults import Behaviour, faulty_shop
from tests.magento.stages import bag
from tests.running import RunningShop

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


def test_a_look_that_breaks_once_succeeds(
    breaks: Behaviour, shop: RunningShop, serve: Serve
) -> None:
    masked_id = shop.guest_quote(("ITEM-01", 2))
    with (
        faulty_shop(first(1, breaks, passes_on(shop.url))) as faulty,
        serve(faulty.url) as service,
    ):
        assert service.poq.transfer({"quote_id": masked_id}).status_code == 200
        assert len(faulty.calls) == 3  # the last confirms the number of the store view
        assert len(service.handoffs()) == 1
        assert service.claims() == []


def test_a_look_at_a_customers_quote_that_breaks_twice_succeeds(
    breaks: Behaviour, shop: RunningShop, serve: Serve
) -> None:
    token = shop.customer_token()
    number = shop.customer_quote(token, ("ITEM-01", 1))
    with (
        faulty_shop(first(2, breaks, passes_on(shop.url))) as faulty,
        serve(faulty.url) as service,
    ):
        answer = service.poq.transfer({"quote_id": number, "token_id": token})
        assert answer.status_code == 200
        assert len(faulty.calls) == 4  # the last confirms the number of the store view


@pytest.mark.parametrize("lost", ["/guest-carts", "/items"])
def test_an_answer_lost_while_a_bag_is_built_leads_to_a_cart_of_its_own(
    lost: str, shop: RunningShop, serve: Serve
) -> None:
    behaviour = where(lambda call: call.path == "/graphql", page(404), once_lost(lost, shop))
    with faulty_shop(behaviour) as faulty, serve(faulty.url) as service:
        assert service.poq.transfer(bag(("ITEM-01", 2))).status_code == 200
        [row] = service.handoffs()
        assert row["bag"]["lines"] == [{"sku": "ITEM-01", "quantity": "2"}]
        made = [path for path in faulty.paths() if path.endswith("/guest-carts")]
        assert len(made) == 2


def test_a_filled_cart_whose_answer_is_lost_is_left_alone(shop: RunningShop, serve: Serve) -> None:
    with (
        faulty_shop(once_lost("/graphql", shop)) as faulty,
        serve(faulty.url) as service,
    ):
        assert service.poq.transfer(bag(("ITEM-01", 2), ("ITEM-02", 1))).status_code == 200
        ids = [call.json["variables"]["id"] for call in faulty.calls if call.path == "/graphql"]
        assert len(set(ids)) == 2


def test_connections_that_the_shop_has_closed_meanwhile_harm_nothing(
    shop: RunningShop, serve: Serve
) -> None:
    with faulty_shop(answers_once(shop.url)) as faulty, serve(faulty.url) as service:
        for number in range(5):
            reference = {"reference": f"r-{number}"}
            answer = service.poq.transfer({**bag(("ITEM-01", 1)), **reference})
            assert answer.status_code == 200
        assert len(service.handoffs()) == 5


def once_lost(path: str, shop: RunningShop) -> Behaviour:
    """Lose the first answer to calls of a path; the shop has done what it was asked."""
    stand_in = passes_on(shop.url)
    once = first(1, loses_the_answer(shop.url), stand_in)
    return where(lambda call: call.path.endswith(path), once, stand_in)
