"""`POST /api/cart-transfer`: instructions, and every problem in the table of docs/poq.md."""

from __future__ import annotations

import json
import sqlite3
import uuid
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from handoff.settings.caller_keys import CallerKey
from tests.conftest import (
    KEY,
    STORE,
    FakeClock,
    MakeApp,
    Poq,
    get_link_path,
    read_handoffs,
    use_link,
)
from tests.logs import CapturedLog
from tests.running_servers import RunningShop

BAG: dict[str, Any] = {
    "items": [{"sku": "ITEM-01", "quantity": 1}],
    "currency": "GBP",
    "reference": "r-1",
}


def read_problem(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is a problem as documented, and return its body."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    body = dict(answer.get_json())
    assert body["code"] == code
    assert body["status"] == status
    assert body["type"] == f"urn:problem-type:handoff:{code}"
    assert body["title"]
    assert body["detail"] != body["title"]
    return body


def read_errors(answer: TestResponse) -> dict[str, str]:
    body = answer.get_json()
    return {error.get("sku", error.get("pointer")): error["code"] for error in body["errors"]}


# Instructions


def test_an_instruction_by_url_is_a_get_of_the_link(poq: Poq) -> None:
    answer = poq.transfer(BAG)
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "private, no-store"
    body = answer.get_json()
    assert set(body) == {"url", "method"}
    assert body["method"] == "GET"
    assert body["url"].startswith("http://127.0.0.1:8000/h/")


def test_an_instruction_by_form_is_a_post_of_the_token(make_app: MakeApp) -> None:
    app = make_app(instruction="form")
    body = Poq(app.test_client()).transfer(BAG).get_json()
    assert set(body) == {"url", "method", "body"}
    assert (body["url"], body["method"]) == ("http://127.0.0.1:8000/h", "POST")
    entered = app.test_client().post(
        "/h", data=body["body"], content_type="application/x-www-form-urlencoded"
    )
    assert entered.status_code == 303


def test_configured_cookies_and_headers_go_into_every_instruction(
    shop: RunningShop, tmp_path: Path, make_app: MakeApp
) -> None:
    from handoff.settings import load_settings
    from tests.conftest import create_settings

    cookie = {
        "name": "app",
        "value": "1",
        "domain": ".shop.example",
        "expireDate": "2028-09-15T15:53:00+05:00",
        "isHttpOnly": True,
        "isSecure": True,
        "path": "/",
    }
    header = {"name": "X-App", "value": "poq"}
    loaded = load_settings(
        **create_settings(shop.url, shop.sessions, tmp_path),
        instruction_cookies=[cookie],
        instruction_headers=[header],
    )
    for style in ("url", "form"):
        app = make_app(
            instruction=style,
            instruction_cookies=loaded.instruction_cookies,
            instruction_headers=loaded.instruction_headers,
        )
        body = Poq(app.test_client()).transfer(BAG).get_json()
        assert body["cookies"] == [cookie]
        assert body["headers"] == [header]


def test_the_url_comes_from_the_settings_and_not_from_the_host_header(poq: Poq) -> None:
    answer = poq.transfer(BAG, base_url="http://evil.example/")
    assert answer.get_json()["url"].startswith("http://127.0.0.1:8000/h/")


# Shapes


def test_a_bag_becomes_a_guest_quote_with_exactly_its_lines(
    poq: Poq, shop: RunningShop, tmp_path: Path
) -> None:
    assert poq.transfer_bag(("ITEM-01", 2), ("item-02", 1), ("ITEM-01", 1)).status_code == 200
    [row] = read_handoffs(tmp_path)
    assert (row["kind"], row["reference"], row["store_code"]) == ("bag", "r-1", "default")
    assert row["bag"] == (
        '{"currency": "GBP", "lines": '
        '[{"sku": "ITEM-01", "quantity": "3"}, {"sku": "ITEM-02", "quantity": "1"}]}'
    )
    admin = shop.call_rest(
        "POST", "integration/admin/token", body={"username": "admin", "password": "Admin123!"}
    )
    quote = shop.call_rest("GET", f"carts/{row['quote_number']}", token=admin)
    assert {item["sku"]: item["qty"] for item in quote["items"]} == {"ITEM-01": 3, "ITEM-02": 1}


def test_a_guest_quote_is_taken_whatever_the_case_of_its_id(
    poq: Poq, shop: RunningShop, tmp_path: Path
) -> None:
    quote_id = shop.create_guest_quote(("ITEM-03", 2))
    assert poq.transfer({"quote_id": quote_id}).status_code == 200
    assert poq.transfer({"quote_id": quote_id.upper()}).status_code == 200
    [row] = read_handoffs(tmp_path)
    assert (row["kind"], row["caller"]) == ("guest", "poq")


@pytest.mark.parametrize("field", ["token_id", "token"])
@pytest.mark.parametrize("form", [int, str])
def test_a_customer_quote_is_taken_with_the_token(
    poq: Poq, shop: RunningShop, tmp_path: Path, field: str, form: type
) -> None:
    token = shop.log_in_customer()
    number = shop.fill_customer_quote(token, ("ITEM-03", 2))
    assert poq.transfer({"quote_id": form(number), field: token}).status_code == 200
    [row] = read_handoffs(tmp_path)
    assert (row["kind"], row["quote_number"]) == ("customer", number)
    assert (row["customer_id"], row["customer_group_id"]) == (1, 1)


def test_the_default_addresses_of_a_customer_are_kept_for_the_tax_of_prices_and_no_other(
    poq: Poq, shop: RunningShop, tmp_path: Path
) -> None:
    customer = shop.state.accounts.find_customer(1)
    assert customer is not None
    home = {"country_id": "DE", "region_id": 82, "postcode": "10115"}
    customer.addresses = [
        {**home, "city": "Berlin", "street": ["1 Road"], "default_billing": True},
        {"country_id": "FR", "region_id": 0, "postcode": "75001"},
    ]
    token = shop.log_in_customer()
    number = shop.fill_customer_quote(token, ("ITEM-03", 2))
    assert poq.transfer({"quote_id": number, "token": token}).status_code == 200
    [row] = read_handoffs(tmp_path)
    assert json.loads(row["customer_tax"]) == {"class_id": 3, "billing": home}
    customer.addresses = []
    assert poq.transfer({"quote_id": number, "token": token}).status_code == 200
    [row] = read_handoffs(tmp_path)
    assert json.loads(row["customer_tax"]) == {"class_id": 3}


def test_a_quote_that_holds_what_the_request_says_is_taken(poq: Poq, shop: RunningShop) -> None:
    quote_id = shop.create_guest_quote(("ITEM-03", 2), ("ITEM-04", 1))
    items = [
        {"sku": "item-04", "quantity": 1},
        {"sku": "ITEM-03", "quantity": 1},
        {"sku": "ITEM-03", "quantity": 1},
    ]
    body = {"quote_id": quote_id, "items": items, "currency": "GBP", "reference": "x"}
    assert poq.transfer(body).status_code == 200


# Errors


@pytest.mark.parametrize("raw", [b"{", b"\xff", b"[" * 60_000])
def test_400_for_a_body_that_cannot_be_read(poq: Poq, raw: bytes) -> None:
    read_problem(poq.transfer(raw), 400, "malformed_request")


@pytest.mark.parametrize("key", [None, "", "wrong", f"{KEY}x", f"Basic {KEY}", "é"])
def test_401_for_a_missing_or_wrong_key(poq: Poq, key: str | None) -> None:
    answer = poq.transfer(BAG, key=key)
    read_problem(answer, 401, "key_rejected")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("key", [KEY, f"Bearer {KEY}", f"bearer  {KEY}"])
def test_a_key_is_taken_bare_or_as_bearer(poq: Poq, key: str) -> None:
    assert poq.transfer(BAG, key=key).status_code == 200


def test_a_key_in_the_path_is_taken_where_that_is_switched_on(make_app: MakeApp) -> None:
    path = f"/api/cart-transfer/{KEY}"
    off, on = make_app().test_client(), make_app(key_in_path=True).test_client()
    read_problem(off.post(path, json=BAG), 404, "not_found")
    read_problem(on.post("/api/cart-transfer/wrong-key", json=BAG), 401, "key_rejected")
    assert on.post(path, json=BAG).status_code == 200


@pytest.mark.parametrize("quote_id", ["1", "abc", 999_999])
def test_401_for_a_token_that_the_shop_rejects_whatever_the_quote(
    poq: Poq, quote_id: object
) -> None:
    answer = poq.transfer({"quote_id": quote_id, "token_id": "expired-or-wrong"})
    read_problem(answer, 401, "customer_token_rejected")
    assert "WWW-Authenticate" not in answer.headers


def test_401_for_an_administrators_token_in_place_of_a_customers(
    poq: Poq, shop: RunningShop
) -> None:
    login = {"username": "admin", "password": "Admin123!"}
    admin = shop.call_rest("POST", "integration/admin/token", body=login)
    read_problem(poq.transfer({"quote_id": "1", "token": admin}), 401, "customer_token_rejected")


def test_404_for_an_unknown_quote_and_for_somebody_elses_alike(poq: Poq, shop: RunningShop) -> None:
    mine, theirs = shop.log_in_customer(), shop.log_in_customer("other@example.com")
    number = shop.fill_customer_quote(mine, ("ITEM-01", 1))
    shop.fill_customer_quote(theirs, ("ITEM-02", 1))
    answers = [
        poq.transfer({"quote_id": "Z" * 32}),
        poq.transfer({"quote_id": number, "token": theirs}),
        poq.transfer({"quote_id": 999_999, "token": theirs}),
        poq.transfer({"quote_id": "Z" * 32, "token": theirs}),
    ]
    bodies = [read_problem(answer, 404, "quote_not_found") for answer in answers]
    assert all(body == bodies[0] for body in bodies)


@pytest.mark.parametrize("quote_id", [7, "7", "Z" * 31, "Z" * 33, "../customers/me", "é" * 32])
def test_404_for_a_guest_quote_id_of_a_wrong_form(poq: Poq, quote_id: object) -> None:
    read_problem(poq.transfer({"quote_id": quote_id}), 404, "quote_not_found")


def test_404_for_a_customers_quote_by_its_masked_id_without_the_token(
    poq: Poq, shop: RunningShop
) -> None:
    """The shop shows such a quote to anyone; it would lead to an empty checkout."""
    token = shop.log_in_customer("other@example.com")
    masked_id = shop.create_guest_quote(("ITEM-01", 1))
    me = shop.call_rest("GET", "customers/me", token=token)
    shop.call_rest(
        "PUT",
        f"guest-carts/{masked_id}",
        token=token,
        body={"customerId": me["id"], "storeId": 1},
    )
    read_problem(poq.transfer({"quote_id": masked_id}), 404, "quote_not_found")


def test_404_and_405_for_unknown_urls_and_methods(poq: Poq) -> None:
    read_problem(poq.client.post("/api/other", json={}), 404, "not_found")
    answer = poq.client.get("/api/cart-transfer")
    read_problem(answer, 405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]


def test_413_for_a_body_over_64_kib(poq: Poq) -> None:
    body = {**BAG, "padding": "x" * 64 * 1024}
    read_problem(poq.transfer(body), 413, "request_too_large")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_415_for_a_body_that_is_not_json(poq: Poq, content_type: str) -> None:
    read_problem(poq.transfer(BAG, content_type=content_type), 415, "unsupported_media_type")


def test_json_may_begin_with_a_byte_order_mark(poq: Poq) -> None:
    assert poq.transfer(json.dumps(BAG).encode("utf-8-sig")).status_code == 200


def test_json_may_name_its_encoding(poq: Poq) -> None:
    answer = poq.transfer(BAG, content_type="Application/JSON; charset=utf-8")
    assert answer.status_code == 200


def test_409_for_a_quote_without_items(poq: Poq, shop: RunningShop) -> None:
    read_problem(poq.transfer({"quote_id": shop.create_guest_quote()}), 409, "quote_empty")
    token = shop.log_in_customer()
    empty = shop.fill_customer_quote(token)
    read_problem(poq.transfer({"quote_id": empty, "token": token}), 409, "quote_empty")


def test_422_names_wrong_fields_by_json_pointer(poq: Poq) -> None:
    answer = poq.transfer({"items": [{"sku": "A", "quantity": 0}], "currency": "XYZ"})
    read_problem(answer, 422, "request_invalid")
    assert read_errors(answer) == {
        "/items/0/quantity": "out_of_range",
        "/currency": "unknown_currency",
        "/reference": "missing",
    }


REFUSALS = {
    "NO-SUCH": "unknown_sku",
    "ITEM-OOS": "unavailable",
    "ITEM-OFF": "unavailable",
    "ITEM-FEW": "quantity_unavailable",
}


@pytest.mark.parametrize(("sku", "code"), REFUSALS.items())
def test_422_names_a_line_that_the_shop_refuses(poq: Poq, sku: str, code: str) -> None:
    answer = poq.transfer_bag((sku, 9))
    read_problem(answer, 422, "lines_refused")
    assert read_errors(answer) == {sku: code}


def test_422_names_all_lines_that_the_shop_refuses(poq: Poq) -> None:
    answer = poq.transfer_bag(("ITEM-01", 1), *((sku, 9) for sku in REFUSALS))
    read_problem(answer, 422, "lines_refused")
    assert read_errors(answer) == REFUSALS


def test_422_for_a_bag_of_many_refused_lines_names_all(poq: Poq) -> None:
    skus = [f"NO-SUCH-{number}" for number in range(60)]
    answer = poq.transfer_bag(("ITEM-01", 1), *((sku, 1) for sku in skus))
    read_problem(answer, 422, "lines_refused")
    errors = read_errors(answer)
    assert list(errors) == skus
    assert set(errors.values()) == {"unknown_sku", "refused"}


def test_a_long_bag_in_another_case_is_accepted(poq: Poq, tmp_path: Path) -> None:
    skus = [f"item-{number:02d}" for number in range(1, 21)]
    assert poq.transfer_bag(*((sku, 1) for sku in skus), ("ITEM-20", 1)).status_code == 200
    [row] = read_handoffs(tmp_path)
    assert row["bag"].count("ITEM-") == 20


def test_422_for_a_quote_that_differs_from_the_bag(poq: Poq, shop: RunningShop) -> None:
    quote_id = shop.create_guest_quote(("ITEM-01", 2), ("ITEM-02", 1))
    items = [{"sku": "ITEM-01", "quantity": 1}, {"sku": "ITEM-03", "quantity": 1}]
    answer = poq.transfer({"quote_id": quote_id, "items": items})
    read_problem(answer, 422, "quote_differs")
    assert read_errors(answer) == {
        "ITEM-01": "quantity_differs",
        "ITEM-02": "foreign_in_quote",
        "ITEM-03": "missing_in_quote",
    }


def test_422_for_a_quote_in_another_currency(make_app: MakeApp, shop: RunningShop) -> None:
    from handoff.settings.store_view_models import StoreView

    euros = StoreView(**{**STORE, "currency": "EUR", "code": "default", "store_id": 1})
    poq = Poq(make_app(stores=(euros,)).test_client())
    answer = poq.transfer({"quote_id": shop.create_guest_quote(("ITEM-01", 1)), "currency": "EUR"})
    read_problem(answer, 422, "quote_differs")
    assert read_errors(answer) == {"/currency": "currency_differs"}
    bag = poq.transfer({**BAG, "currency": "EUR"})
    read_problem(bag, 422, "quote_differs")


def test_422_for_a_store_view_that_is_not_in_the_settings(
    make_app: MakeApp, shop: RunningShop
) -> None:
    from handoff.settings.store_view_models import StoreView

    other = StoreView(**{**STORE, "store_id": 7})
    poq = Poq(make_app(stores=(other,)).test_client())
    answer = poq.transfer({"quote_id": shop.create_guest_quote(("ITEM-01", 1))})
    read_problem(answer, 422, "store_not_served")


def test_503_for_a_shop_that_is_down(make_app: MakeApp) -> None:
    poq = Poq(make_app(magento_url="http://127.0.0.1:9").test_client())
    answer = poq.transfer(BAG)
    read_problem(answer, 503, "shop_unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_transfer_that_fails_makes_no_handoff(
    poq: Poq, shop: RunningShop, tmp_path: Path
) -> None:
    poq.transfer_bag(("NO-SUCH", 1))
    poq.transfer({"quote_id": shop.create_guest_quote()})
    poq.transfer({"quote_id": "4", "token": "wrong"})
    assert read_handoffs(tmp_path) == []
    with sqlite3.connect(tmp_path / "handoff.db") as connection:
        assert connection.execute("SELECT * FROM lease").fetchall() == []


def test_no_answer_repeats_a_credential(poq: Poq, shop: RunningShop) -> None:
    quote_id = shop.create_guest_quote()
    answers = [
        poq.transfer({"quote_id": quote_id}),
        poq.transfer({"quote_id": "4", "token": "a-customer-token"}),
        poq.transfer(BAG, key="a-wrong-key"),
    ]
    for answer in answers:
        assert quote_id not in answer.text
        assert "a-customer-token" not in answer.text
        assert "a-wrong-key" not in answer.text


# Retries


def test_the_same_bag_again_is_the_same_link_with_a_new_life(
    poq: Poq, clock: FakeClock, tmp_path: Path
) -> None:
    first = poq.request_link()
    clock.advance(seconds=299)
    assert poq.request_link() == first
    clock.advance(seconds=299)
    assert poq.client.get(first).status_code == 200
    assert len(read_handoffs(tmp_path)) == 1


def test_a_uuid_is_the_same_reference_in_all_its_spellings(poq: Poq) -> None:
    reference = str(uuid.uuid4())
    link = poq.request_link(reference=reference)
    for spelling in (reference.upper(), reference.replace("-", "")):
        assert poq.request_link(reference=spelling) == link


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1-23", "12-3"),
        ("aB3xK9", "Ab3xk9"),
        ("-", "--"),
        ("r", "r "),
        ("e\u0301", "\u00e9"),
        ("0" * 31, "0" * 32),
        ("A" * 31, "a" * 31),
    ],
)
def test_references_that_differ_have_links_of_their_own(poq: Poq, one: str, other: str) -> None:
    first, second = poq.request_link(reference=one), poq.request_link(reference=other)
    assert first != second
    assert [poq.client.get(link).status_code for link in (first, second)] == [200, 200]
    assert poq.request_link(reference=one) == first


def test_the_keys_of_a_caller_share_references_and_two_callers_do_not(
    make_app: MakeApp, tmp_path: Path, captured_log: CapturedLog
) -> None:
    keys = {name: f"the-{name}-key-of-the-tests" for name in ("first", "second", "third")}
    entries = (f"poq/{keys['first']}", f"poq/{keys['second']}", f"staging/{keys['third']}")
    poq = Poq(make_app(api_keys=tuple(map(CallerKey.parse, entries))).test_client())
    first, second, third = (poq.transfer(BAG, key=key).get_json()["url"] for key in keys.values())
    assert first == second != third
    for url in (first, third):
        assert poq.client.get("/" + url.split("/", 3)[3]).status_code == 200
    assert sorted(row["caller"] for row in read_handoffs(tmp_path)) == ["poq", "staging"]
    logged = [line.get("caller") for line in captured_log.read_lines("request")]
    assert logged == ["poq", "poq", "staging", None, None]


def test_a_transfer_key_has_the_same_length_whatever_the_reference(
    poq: Poq, shop: RunningShop, tmp_path: Path
) -> None:
    for reference in ("r", "€" * 32, "\U0001f6d2" * 32, str(uuid.uuid4())):
        poq.request_link(reference=reference)
    poq.transfer({"quote_id": shop.create_guest_quote(("ITEM-03", 2))})
    assert {len(row["transfer_key"]) for row in read_handoffs(tmp_path)} == {64}


def test_another_bag_with_the_same_reference_supersedes(poq: Poq, tmp_path: Path) -> None:
    first = poq.request_link(("ITEM-01", 1))
    second = poq.request_link(("ITEM-01", 2))
    assert poq.client.get(first).status_code == 410
    assert poq.client.get(second).status_code == 200
    old, new = read_handoffs(tmp_path)
    assert old["superseded_at"] is not None
    assert new["superseded_at"] is None


@pytest.mark.parametrize("end", ["spent", "expired"])
def test_the_same_bag_after_its_link_has_ended_gets_a_new_cart(
    poq: Poq, clock: FakeClock, tmp_path: Path, end: str
) -> None:
    first = poq.request_link()
    if end == "spent":
        assert use_link(poq.client, first).status_code == 303
    else:
        clock.advance(seconds=301)
    second = poq.request_link()
    assert second != first
    old, new = read_handoffs(tmp_path)
    assert new["quote_number"] != old["quote_number"]
    assert old["superseded_at"] is not None


def test_a_repeated_quote_gets_the_same_link_until_it_is_used(
    poq: Poq, shop: RunningShop, clock: FakeClock
) -> None:
    request = {"quote_id": shop.create_guest_quote(("ITEM-01", 1))}
    first = get_link_path(poq.transfer(request))
    clock.advance(seconds=200)
    assert get_link_path(poq.transfer(request)) == first
    assert use_link(poq.client, first).status_code == 303
    second = get_link_path(poq.transfer(request))
    assert second != first
    assert use_link(poq.client, first).status_code == 410
    assert use_link(poq.client, second).status_code == 303


def test_a_quote_that_has_changed_supersedes_its_link(poq: Poq, shop: RunningShop) -> None:
    quote_id = shop.create_guest_quote(("ITEM-01", 1))
    first = get_link_path(poq.transfer({"quote_id": quote_id}))
    item = {"cartItem": {"sku": "ITEM-02", "qty": 1}}
    shop.call_rest("POST", f"guest-carts/{quote_id}/items", body=item)
    second = get_link_path(poq.transfer({"quote_id": quote_id}))
    assert second != first
    assert poq.client.get(first).status_code == 410


def test_one_quote_never_has_two_live_links(poq: Poq, shop: RunningShop) -> None:
    quote_id = shop.create_guest_quote(("ITEM-01", 1))
    requests = [{"quote_id": quote_id, "reference": name} for name in ("one", "two")]
    requests.append({"quote_id": quote_id})
    links = [get_link_path(poq.transfer(request)) for request in requests]
    assert len(set(links)) == 3
    assert [poq.client.get(link).status_code for link in links] == [410, 410, 200]


def test_a_repeated_transfer_checks_the_quote_and_the_token_again(
    poq: Poq, shop: RunningShop
) -> None:
    token = shop.log_in_customer()
    number = shop.fill_customer_quote(token, ("ITEM-01", 1))
    assert poq.transfer({"quote_id": number, "token": token}).status_code == 200
    stolen = poq.transfer({"quote_id": number, "token": "guessed"})
    read_problem(stolen, 401, "customer_token_rejected")
    without = poq.transfer({"quote_id": number})
    read_problem(without, 404, "quote_not_found")


def test_a_refused_retry_leaves_the_first_link_as_it_is(poq: Poq) -> None:
    first = poq.request_link(("ITEM-01", 1))
    assert poq.transfer_bag(("NO-SUCH", 1)).status_code == 422
    assert poq.client.get(first).status_code == 200
