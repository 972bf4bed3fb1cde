"""What checkout answers to the preflight, and the reasons that are found for a refusal."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.logs import CapturedLog
from tests.magento import shop_behaviours as shop_that
from tests.magento.conftest import RunService
from tests.magento.faulty_shop import Behaviour, Call, faulty_shop
from tests.magento.shop_behaviours import (
    answers,
    answers_page,
    behaves_first,
    behaves_if,
    forwards_to,
    refuses,
)
from tests.running_servers import RunningShop

pytestmark = pytest.mark.waiting

SOON = 0.5  # seconds
TIMEOUT = 4  # seconds; the shop answers the calls before the fault much faster


def read_code(answer: TestResponse) -> str:
    assert answer.status_code == answer.get_json()["status"]
    return str(answer.get_json()["code"])


def is_checkout_question(call: Call) -> bool:
    return call.method == "HEAD"


# Reasons that the shop does not give


def build_item(code: str, *, stock: str = "IN_STOCK") -> dict[str, Any]:
    product = {"sku": "ITEM-01", "stock_status": stock}
    return {"product": product, "errors": [{"code": code}]}


def answers_cart_items(*items: dict[str, Any]) -> Behaviour:
    """Answer as GraphQL does about a cart that checkout does not take."""
    config = {"is_one_page_checkout_enabled": True}
    return answers(200, {"data": {"storeConfig": config, "cart": {"items": list(items)}}})


def transfer_refused_quote(
    shop: RunningShop, path: str, behaviour: Behaviour, serve: RunService, *, possible: bool
) -> TestResponse:
    """Transfer a quote that checkout refuses, at a shop where one path behaves in another way."""
    shown = {"possible_onepage_checkout": possible, "isGuestCheckoutAllowed": True}
    to_cart = shop_that.build_response(302, b"", ("Location", "/checkout/cart/"))
    section = answers(200, {"cart": shown})
    rest = behaves_if(
        lambda call: call.method == "HEAD", lambda call: call.send(to_cart), forwards_to(shop.url)
    )
    rest = behaves_if(lambda call: "/section/load/" in call.path, section, rest)
    behave = behaves_if(lambda call: path in call.path, behaviour, rest)
    request = {"quote_id": shop.create_guest_quote(("ITEM-01", 1))}
    changes = {"checkout_preflight": "always", "magento_timeout": TIMEOUT}
    with faulty_shop(behave) as faulty, serve(faulty.url, **changes) as service:
        answer = service.poq.transfer(request)
        assert service.handoffs() == []
        assert service.leases() == []
    return answer


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (build_item("ITEM_QTY"), "quantity_unavailable"),
        (build_item("ITEM_INCREMENTS"), "quantity_unavailable"),
        (build_item("ITEM_QTY", stock="OUT_OF_STOCK"), "unavailable"),
        (build_item("UNDEFINED"), "refused"),
        (build_item("A_CODE_OF_A_LATER_MAGENTO"), "refused"),
    ],
)
def test_the_codes_of_lines_are_found_by_magentos_codes(
    shop: RunningShop, serve: RunService, error: dict[str, Any], code: str
) -> None:
    answer = transfer_refused_quote(
        shop, "/graphql", answers_cart_items(error), serve, possible=False
    )
    assert (answer.status_code, read_code(answer)) == (422, "lines_refused")
    [fault] = answer.get_json()["errors"]
    assert (fault["sku"], fault["code"]) == ("ITEM-01", code)


NO_REASON = {
    "answers 503": refuses(503),
    "answers 404 with a page": answers_page(404),
    "answers HTML": answers_page(200),
    "answers null": answers(200, None),
    "answers a list": answers(200, {"cart": []}),
    "answers an error": answers(200, {"errors": [{"message": "no"}]}),
    "hangs up": shop_that.hangs_up,
    "stalls in the middle of the body": shop_that.stalls,
    "cuts the body": shop_that.cuts_body,
    "says a length that is too small": shop_that.understates_length,
    "redirects to itself": shop_that.redirects,
    "answers 48 MB": shop_that.answers_too_much,
}


@pytest.mark.parametrize("fault", NO_REASON.values(), ids=NO_REASON)
@pytest.mark.parametrize(
    ("path", "possible"),
    [("/section/load/", True), ("/graphql", False), ("/checkout/cart/", True)],
)
def test_a_refusal_without_a_known_reason_is_checkout_refused(
    shop: RunningShop, serve: RunService, path: str, possible: bool, fault: Behaviour
) -> None:
    answer = transfer_refused_quote(shop, path, fault, serve, possible=possible)
    assert (answer.status_code, read_code(answer)) == (409, "checkout_refused")


def test_an_error_of_the_quote_without_a_line_is_checkout_refused(
    shop: RunningShop, serve: RunService
) -> None:
    sound = {"product": {"sku": "ITEM-01", "stock_status": "IN_STOCK"}, "errors": None}
    answer = transfer_refused_quote(
        shop, "/graphql", answers_cart_items(sound), serve, possible=False
    )
    assert read_code(answer) == "checkout_refused"


# Where checkout cannot be asked


def redirects_to(location: str) -> Behaviour:
    return lambda call: call.send(shop_that.build_response(302, b"", ("Location", location)))


NOT_ASKED: dict[str, tuple[Behaviour, str]] = {
    "thinks too long": (shop_that.answers_late, "timeout"),
    "sends headers a byte at a time": (shop_that.drips_headers, "timeout"),
    "keeps saying 100 Continue": (shop_that.keeps_saying_continue, "timeout"),
    "resets the connection": (shop_that.resets, "unreachable"),
    "hangs up": (shop_that.hangs_up, "unreachable"),
    "speaks no HTTP": (shop_that.sends_raw(b"220 ESMTP\r\n"), "unreachable"),
    "answers 403": (answers_page(403), "status_403"),
    "answers 404": (answers_page(404), "status_404"),
    "answers 405": (answers_page(405), "status_405"),
    "redirects to itself": (shop_that.redirects, "redirected_elsewhere"),
    "redirects with 48 MB": (shop_that.redirects_with_large_body, "redirected_elsewhere"),
    "redirects to a gate": (
        redirects_to("https://sso.test/login?to=/checkout/"),
        "redirected_elsewhere",
    ),
    "redirects to the login": (redirects_to("/customer/account/login/"), "redirected_elsewhere"),
    "redirects to https": (redirects_to("https://127.0.0.1/checkout/"), "redirected_elsewhere"),
    "redirects to a known host": (redirects_to("https://pay.test/start"), "redirected_elsewhere"),
    "redirects to no address": (shop_that.redirects_to_invalid_url, "redirected_elsewhere"),
    "redirects to what cannot be read": (
        shop_that.redirects_to_unreadable_url,
        "redirected_elsewhere",
    ),
}


@pytest.mark.parametrize(("fault", "reason"), NOT_ASKED.values(), ids=NOT_ASKED)
def test_without_an_answer_of_checkout_the_transfer_goes_on(
    shop: RunningShop,
    serve: RunService,
    capsys: pytest.CaptureFixture[str],
    fault: Behaviour,
    reason: str,
) -> None:
    request = {"quote_id": shop.create_guest_quote(("ITEM-01", 1))}
    behave = behaves_if(is_checkout_question, fault, forwards_to(shop.url))
    with (
        faulty_shop(behave) as faulty,
        serve(
            faulty.url,
            checkout_preflight="always",
            magento_timeout=4 * SOON,
            checkout_hosts=("pay.test",),
        ) as service,
    ):
        assert service.poq.transfer(request).status_code == 200
        assert len(service.handoffs()) == 1
        cookies = [call.headers["cookie"] for call in faulty.calls if is_checkout_question(call)]
    assert len(cookies) == 1
    log = capsys.readouterr().err
    assert log.count("checkout_preflight_inconclusive") == 1
    assert f'"reason": "{reason}"' in log
    assert faulty.url not in log
    assert cookies[0].partition("=")[2] not in log


@pytest.mark.parametrize("path", ["/checkout/", "/checkout/cart/"])
def test_a_checkout_on_a_host_without_the_session_cookie_gives_no_link(
    shop: RunningShop, serve: RunService, path: str
) -> None:
    """There the shopper would see the cart of an older session, or an empty one."""
    request = {"quote_id": shop.create_guest_quote(("ITEM-01", 1))}
    behave = behaves_if(
        is_checkout_question, redirects_to(f"https://www.shop-eu.test{path}"), forwards_to(shop.url)
    )
    with faulty_shop(behave) as faulty, serve(faulty.url, checkout_preflight="always") as service:
        answer = service.poq.transfer(request)
        assert service.handoffs() == []
    assert read_code(answer) == "store_not_served"
    assert "another host" in answer.get_json()["detail"]


def test_there_is_no_preflight_if_the_settings_switch_it_off(
    shop: RunningShop, serve: RunService
) -> None:
    request = {"quote_id": shop.create_guest_quote(("ITEM-01", 1))}
    with faulty_shop(forwards_to(shop.url)) as watched:
        with serve(watched.url, checkout_preflight="off") as service:
            assert service.poq.transfer(request).status_code == 200
        assert not any(is_checkout_question(call) for call in watched.calls)


# Error pages, and customers whose account is not complete


def opens_checkout(call: Call) -> bool:
    return call.path == "/checkout/"


def has_session(call: Call) -> bool:
    return "PHPSESSID=" in call.headers.get("cookie", "")


def transfer_with_checkout(
    shop: RunningShop, serve: RunService, behaviour: Behaviour
) -> tuple[TestResponse, list[Call]]:
    """Transfer a guest's quote to a shop in front of which a behaviour answers some calls."""
    request = {"quote_id": shop.create_guest_quote(("ITEM-01", 1))}
    sessions = shop.sessions.as_uri()
    with (
        faulty_shop(behaviour) as faulty,
        serve(faulty.url, checkout_preflight="always", session_store=sessions) as service,
    ):
        answer = service.poq.transfer(request)
        assert bool(service.handoffs()) == (answer.status_code == 200)
        return answer, faulty.calls


@pytest.mark.parametrize("page", [answers_page(500), answers_page(503)], ids=["500", "503"])
def test_an_error_page_instead_of_checkout_gives_no_link(
    shop: RunningShop, serve: RunService, captured_log: CapturedLog, page: Behaviour
) -> None:
    behave = behaves_if(opens_checkout, page, forwards_to(shop.url))
    answer, _ = transfer_with_checkout(shop, serve, behave)
    assert (answer.status_code, read_code(answer)) == (503, "checkout_unavailable")
    assert int(answer.headers["Retry-After"]) >= 1
    [said] = captured_log.read_lines("checkout_refused")
    assert said["code"] == "checkout_unavailable"


def test_a_session_that_the_shop_cannot_read_gives_no_link(
    shop: RunningShop, serve: RunService, captured_log: CapturedLog
) -> None:
    """With another serializer in its php.ini, each page of the shop is a 500, with our session."""
    behave = behaves_if(has_session, answers_page(500), forwards_to(shop.url))
    answer, calls = transfer_with_checkout(shop, serve, behave)
    assert (answer.status_code, read_code(answer)) == (503, "session_unreadable")
    [said] = captured_log.read_lines("checkout_refused")
    assert said["code"] == "session_unreadable"
    cookies = [call.headers["cookie"] for call in calls if has_session(call)]
    # Magento destroys a session that it cannot read: the second page would be one without it.
    assert len(set(cookies)) == len(cookies) == 3


def test_a_quote_on_which_checkout_fails_does_not_blame_the_session(
    shop: RunningShop, serve: RunService
) -> None:
    behave = behaves_if(
        lambda call: opens_checkout(call) and has_session(call),
        answers_page(500),
        forwards_to(shop.url),
    )
    answer, _ = transfer_with_checkout(shop, serve, behave)
    assert (answer.status_code, read_code(answer)) == (503, "checkout_unavailable")
    assert "this quote" in answer.get_json()["detail"]


@pytest.mark.parametrize("failing", ["HEAD", "first"])
def test_a_checkout_that_fails_once_is_asked_again(
    shop: RunningShop, serve: RunService, failing: str
) -> None:
    shop_itself = forwards_to(shop.url)
    behave = behaves_if(
        lambda call: call.method == "HEAD" and opens_checkout(call), answers_page(503), shop_itself
    )
    if failing == "first":
        once = behaves_first(1, answers_page(500), shop_itself)
        behave = behaves_if(opens_checkout, once, shop_itself)
    answer, _ = transfer_with_checkout(shop, serve, behave)
    assert answer.status_code == 200


def test_a_challenge_for_robots_says_nothing_about_checkout(
    shop: RunningShop, serve: RunService, captured_log: CapturedLog
) -> None:
    challenge = b"<!doctype html><title>Just a moment...</title>"
    page = shop_that.build_response(503, challenge, ("Content-Type", "text/html"))
    behave = behaves_if(opens_checkout, lambda call: call.send(page), forwards_to(shop.url))
    answer, _ = transfer_with_checkout(shop, serve, behave)
    assert answer.status_code == 200
    [said] = captured_log.read_lines("checkout_preflight_inconclusive")
    assert said["reason"] == "challenge"


def test_a_customer_who_has_to_complete_their_account_gets_no_link(
    shop: RunningShop, serve: RunService
) -> None:
    behave = behaves_if(
        opens_checkout, redirects_to("/customer/account/edit/"), forwards_to(shop.url)
    )
    answer, _ = transfer_with_checkout(shop, serve, behave)
    assert (answer.status_code, read_code(answer)) == (409, "account_incomplete")


# Versions of Magento whose GraphQL lacks the switch of checkout


def is_checkout_switch_query(call: Call) -> bool:
    return call.path == "/graphql" and "is_one_page_checkout_enabled" in call.json["query"]


MISSING_SWITCH = {
    "errors": [
        {"message": 'Cannot query field "is_one_page_checkout_enabled" on type "StoreConfig".'}
    ]
}


@pytest.mark.parametrize("has_line_error", [False, True])
def test_a_missing_field_is_asked_for_once_and_the_reason_is_found_all_the_same(
    shop: RunningShop, serve: RunService, captured_log: CapturedLog, has_line_error: bool
) -> None:
    requests = [{"quote_id": shop.create_guest_quote(("ITEM-FEW", 2))} for _ in range(2)]
    few = shop.state.catalogue.find_by_sku("ITEM-FEW")
    assert few is not None
    stock = few.stock
    if has_line_error:
        few.stock = Decimal(1)
    else:
        shop.state.rules.one_page_checkout = False
    behave = behaves_if(
        is_checkout_switch_query, answers(200, MISSING_SWITCH), forwards_to(shop.url)
    )
    sessions = shop.sessions.as_uri()
    with (
        faulty_shop(behave) as faulty,
        serve(faulty.url, checkout_preflight="always", session_store=sessions) as service,
    ):
        found = [read_code(service.poq.transfer(request)) for request in requests]
    few.stock, shop.state.rules.one_page_checkout = stock, True
    assert found == ["lines_refused" if has_line_error else "checkout_off"] * 2
    assert [is_checkout_switch_query(call) for call in faulty.calls].count(True) == 1
    [said] = captured_log.read_lines("graphql_fallback")
    assert said["detail"] == "StoreConfig.is_one_page_checkout_enabled"


@pytest.mark.parametrize(
    "page", ["<![if x]><![foo[", "<!-", "<!doctype [", "<![CDATA[", "\x00<!x>"]
)
def test_a_cart_page_that_no_parser_reads_gives_no_reason(
    shop: RunningShop, serve: RunService, page: str
) -> None:
    body = shop_that.build_response(200, page.encode(), ("Content-Type", "text/html"))
    answer = transfer_refused_quote(
        shop, "/checkout/cart/", lambda call: call.send(body), serve, possible=True
    )
    assert read_code(answer) == "checkout_refused"


def test_the_reason_is_found_although_the_shop_is_slow(
    shop: RunningShop, serve: RunService
) -> None:
    """With cold caches the shop's data for its scripts took three seconds."""
    stand_in = forwards_to(shop.url)

    def takes_its_time(call: Call) -> None:
        call.wait(3.2)
        stand_in(call)

    shop.state.rules.guest_checkout = False
    behave = behaves_if(lambda call: "/section/load/" in call.path, takes_its_time, stand_in)
    request = {"quote_id": shop.create_guest_quote(("ITEM-01", 1))}
    sessions = shop.sessions.as_uri()
    with (
        faulty_shop(behave) as faulty,
        serve(
            faulty.url, checkout_preflight="always", session_store=sessions, magento_timeout=8
        ) as service,
    ):
        answer = service.poq.transfer(request)
    shop.state.rules.guest_checkout = True
    assert read_code(answer) == "guest_checkout_off"


# How it is asked


def test_a_renewed_bag_has_no_second_preflight_but_a_quote_has(
    shop: RunningShop, serve: RunService
) -> None:
    quote = {"quote_id": shop.create_guest_quote(("ITEM-01", 1))}
    with faulty_shop(forwards_to(shop.url)) as watched:
        with serve(
            watched.url, checkout_preflight="always", session_store=shop.sessions.as_uri()
        ) as service:
            for _ in range(2):
                assert service.poq.transfer_bag(("ITEM-01", 1)).status_code == 200
            assert [is_checkout_question(call) for call in watched.calls].count(True) == 1
            for _ in range(2):
                assert service.poq.transfer(quote).status_code == 200
            assert [is_checkout_question(call) for call in watched.calls].count(True) == 3


def test_the_preflight_asks_the_inner_address_as_a_shopper_of_the_public_one(
    shop: RunningShop, serve: RunService
) -> None:
    """The shop is reached over its inner address, and answers as if a shopper had come by https."""
    request = {"quote_id": shop.create_guest_quote(("ITEM-01", 1))}
    with (
        faulty_shop(
            behaves_if(is_checkout_question, answers_page(200), forwards_to(shop.url))
        ) as inner,
        serve(
            inner.url,
            public_url="https://www.shop.test/handoff",
            storefront_url="https://www.shop.test/uk",
            session_cookie_name="SHOP",
            checkout_preflight="always",
        ) as service,
    ):
        assert service.poq.transfer(request).status_code == 200
        [asked] = [call for call in inner.calls if is_checkout_question(call)]
    assert asked.path == "/uk/checkout/"
    assert asked.headers["host"] == "www.shop.test"
    assert asked.headers["x-forwarded-proto"] == "https"
    assert asked.headers["referer"] == "https://www.shop.test/"
    assert re.fullmatch("SHOP=[0-9a-v]{26}; store=default", asked.headers["cookie"])
    assert "authorization" not in asked.headers


def test_a_shop_that_reads_another_session_store_refuses_and_the_log_says_why(
    shop: RunningShop, serve: RunService, capsys: pytest.CaptureFixture[str]
) -> None:
    """The settings name a session store that is not the shop's: every shopper would see no bag."""
    request = {"quote_id": shop.create_guest_quote(("ITEM-01", 1))}
    with serve(shop.url, checkout_preflight="always") as service:
        answer = service.poq.transfer(request)
    assert (answer.status_code, read_code(answer)) == (409, "checkout_refused")
    assert "does not find the quote" in answer.get_json()["detail"]
    assert "does not find the quote" in capsys.readouterr().err
