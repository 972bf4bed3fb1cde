"""Answers that are not Magento's: they say nothing about the shopper, and the log says whose."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.logs import CapturedLog
from tests.magento.conftest import RunService
from tests.magento.faulty_shop import Behaviour, Call, faulty_shop
from tests.magento.shop_behaviours import (
    NEVER_STORED,
    answers,
    behaves_if,
    build_response,
    forwards_to,
    refuses,
)
from tests.magento.transfer_calls import (
    ADD_LINE,
    CREATE_CART,
    MASKED_ID,
    READ_CUSTOMER_QUOTE,
    READ_FILLED_QUOTE,
    READ_GUEST_QUOTE,
    TOKEN,
    TransferCall,
    build_bag_transfer,
)
from tests.running_servers import RunningShop

REST_CALLS = (READ_GUEST_QUOTE, READ_CUSTOMER_QUOTE, CREATE_CART, ADD_LINE, READ_FILLED_QUOTE)
FIREWALL = (("Server", "cloudflare"), ("Via", "1.1 varnish"))


def answers_page(status: int, text: str, content_type: str = "text/html") -> Behaviour:
    body = text.encode()
    headers = (("Content-Type", content_type), *FIREWALL)
    return lambda call: call.send(build_response(status, body, *headers))


FOREIGN: dict[str, tuple[Behaviour, str]] = {
    "a challenge": (
        answers_page(403, "<!doctype html><title>Just a moment...</title>"),
        "challenge",
    ),
    "a login": (answers_page(401, '<form><input type="password" name="p"></form>'), "login"),
    "a login with 200": (answers_page(200, "<h1>Sign in to continue</h1>"), "login"),
    "an unknown page": (answers_page(404, "<html><h1>Not Found</h1></html>"), "page"),
    "words": (answers_page(403, "Access denied", "text/plain"), "text"),
    "nothing": (answers_page(401, ""), "empty"),
    "an error of a gateway": (answers(403, {"error": "forbidden"}, *FIREWALL), "json"),
    "an error as text": (answers(404, "not found", *FIREWALL), "json"),
    "an error as a list": (answers(401, [{"message": "no"}], *FIREWALL), "json"),
    "a message of a wrong type": (answers(404, {"message": {"text": "no"}}, *FIREWALL), "json"),
    "a message alone": (answers(404, {"message": "Not Found"}, *FIREWALL), "json"),
    "a message alone with 400": (answers(400, {"message": "Bad Request"}, *FIREWALL), "json"),
    "a message with other fields": (
        answers(401, {"message": "Unauthorized", "request_id": "1"}, NEVER_STORED, *FIREWALL),
        "json",
    ),
    "a message in another format": (
        answers_page(
            404, '{"message": "The product that was requested doesn\'t exist."}', "text/plain"
        ),
        "json",
    ),
    "null": (answers(400, None, *FIREWALL), "text"),
    "maintenance": (answers_page(503, "<h1>We'll be back soon: maintenance</h1>"), "maintenance"),
    "too many requests": (answers_page(429, "<h1>Slow down</h1>"), "page"),
}


@pytest.mark.parametrize(("fault", "kind"), FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("call", REST_CALLS, ids=lambda call: call.name)
def test_an_answer_of_another_system_is_a_503_and_the_log_says_whose(
    call: TransferCall,
    fault: Behaviour,
    kind: str,
    shop: RunningShop,
    serve: RunService,
    captured_log: CapturedLog,
) -> None:
    with faulty_shop(call.with_fault(fault, shop.url)) as faulty, serve(faulty.url) as service:
        answer = service.poq.transfer(call.body)
    assert (answer.status_code, answer.get_json()["code"]) == (503, "shop_unavailable")
    [said] = captured_log.read_lines("shop_answer_unusable")
    assert (said["server"], said["via"], said["page"]) == ("cloudflare", "1.1 varnish", kind)
    assert not any(word in json.dumps(said) for word in (MASKED_ID, TOKEN))


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    "body", [{"message": "Forbidden"}, {"message": "No API key found", "parameters": []}]
)
def test_only_magentos_own_refusal_rejects_a_customers_token(
    shop: RunningShop, serve: RunService, status: int, body: dict[str, Any]
) -> None:
    fault = READ_CUSTOMER_QUOTE.with_fault(answers(status, body), shop.url)
    with faulty_shop(fault) as faulty, serve(faulty.url) as service:
        answer = service.poq.transfer(READ_CUSTOMER_QUOTE.body)
    assert answer.get_json()["code"] == "shop_unavailable"


@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize("call", [READ_GUEST_QUOTE, READ_CUSTOMER_QUOTE], ids=lambda one: one.name)
def test_only_magentos_own_refusal_means_that_there_is_no_quote(
    shop: RunningShop, serve: RunService, call: TransferCall, status: int
) -> None:
    fault = call.with_fault(answers(status, {"message": "no Route matched"}), shop.url)
    with faulty_shop(fault) as faulty, serve(faulty.url) as service:
        assert service.poq.transfer(call.body).get_json()["code"] == "shop_unavailable"


def test_a_refusal_between_two_reads_of_a_quote_does_not_mean_another_store_view(
    shop: RunningShop, serve: RunService
) -> None:
    def confirms_store(call: Call) -> bool:
        return call.path.startswith("/rest/default/V1/guest-carts/")

    behave = behaves_if(confirms_store, refuses(403), forwards_to(shop.url))
    request = {"quote_id": shop.create_guest_quote(("ITEM-01", 1))}
    with faulty_shop(behave) as faulty, serve(faulty.url) as service:
        assert service.poq.transfer(request).get_json()["code"] == "shop_unavailable"
        faulty.behaviour = forwards_to(shop.url)
        assert service.poq.transfer(request).status_code == 200


def test_a_cart_that_vanishes_is_not_an_unknown_sku(shop: RunningShop, serve: RunService) -> None:
    gone = {"message": "No such entity with %fieldName = %fieldValue"}
    fault = answers(404, {**gone, "parameters": {"fieldName": "cartId", "fieldValue": None}})
    with (
        faulty_shop(ADD_LINE.with_fault(fault, shop.url)) as faulty,
        serve(faulty.url) as service,
    ):
        assert service.poq.transfer(ADD_LINE.body).get_json()["code"] == "shop_unavailable"


GRAPHQL_FAULTS: dict[str, tuple[Behaviour, str, str]] = {
    "blocked": (answers_page(403, "<h1>Blocked</h1>"), "not_graphql", "server cloudflare"),
    "a missing field": (
        answers(200, {"errors": [{"message": 'Cannot query field "items" on type "Cart".'}]}),
        "missing_field",
        "Cart.items",
    ),
    "a page limit": (
        answers(200, {"errors": [{"message": "Maximum pageSize is 10"}]}),
        "page_size_limit",
        "10",
    ),
    "another refusal": (
        answers(200, {"errors": [{"message": f'No cart with ID "{MASKED_ID}"'}], "data": None}),
        "refused",
        'No cart with ID "…"',
    ),
    "no cart": (answers(200, {"data": {"createEmptyCart": 5}}), "unexpected_data", "status 200"),
}


@pytest.mark.parametrize(("fault", "reason", "detail"), GRAPHQL_FAULTS.values(), ids=GRAPHQL_FAULTS)
def test_building_bags_without_graphql_is_logged_once_with_its_reason(
    shop: RunningShop,
    serve: RunService,
    captured_log: CapturedLog,
    fault: Behaviour,
    reason: str,
    detail: str,
) -> None:
    behave = behaves_if(lambda call: call.path == "/graphql", fault, forwards_to(shop.url))
    with faulty_shop(behave) as faulty, serve(faulty.url) as service:
        for number in range(3):
            body = {**build_bag_transfer(("ITEM-01", 1)), "reference": f"r-{number}"}
            assert service.poq.transfer(body).status_code == 200
    [said] = captured_log.read_lines("graphql_fallback")
    assert said["reason"] == reason
    assert detail in said["detail"]
