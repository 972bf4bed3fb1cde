"""Parsing of transfer requests, and the faults of those that are wrong."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.bag import BagLine, normalize_sku
from handoff.problems import MalformedRequest, RequestInvalid
from handoff.settings.store_view_models import StoreView, StoreViews
from handoff.transfer.request_parser import BagTransfer, QuoteTransfer, parse_transfer

BAG: dict[str, Any] = {
    "items": [{"sku": "A", "quantity": 1}],
    "currency": "GBP",
    "reference": "r-1",
}
STORES = StoreViews(
    (
        StoreView(currency="GBP", code="default", store_id=1, website_id=1, website_code="base"),
        StoreView(currency="EUR", code="eu_de", store_id=3, website_id=2, website_code="eu"),
        StoreView(currency="GBP", code="eu_gb", store_id=4, website_id=2, website_code="eu"),
    )
)
MASKED_ID = "9ishubHdlcKG2gstF8gdmax8rj5JSir4"


def parse(body: Any) -> BagTransfer | QuoteTransfer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse_transfer(raw, stores=STORES)


def find_faults(body: Any) -> list[tuple[str | None, str]]:
    with pytest.raises(RequestInvalid) as raised:
        parse(body)
    return [(fault.pointer, fault.code) for fault in raised.value.faults]


def test_items_are_a_bag() -> None:
    transfer = parse(BAG)
    assert isinstance(transfer, BagTransfer)
    assert transfer.bag.lines == (BagLine("A", transfer.bag.lines[0].quantity),)
    assert (transfer.bag.currency, transfer.reference) == ("GBP", "r-1")


def test_a_quote_id_alone_is_a_guest_quote() -> None:
    transfer = parse({"quote_id": MASKED_ID})
    assert transfer == QuoteTransfer(MASKED_ID, None, None, None, None)


@pytest.mark.parametrize("name", ["token_id", "token"])
@pytest.mark.parametrize("number", [4, "4"])
def test_a_quote_id_with_a_token_is_a_customer_quote(name: str, number: object) -> None:
    assert parse({"quote_id": number, name: "t"}) == QuoteTransfer("4", "t", None, None, None)


def test_a_quote_transfer_may_state_the_lines_of_the_quote() -> None:
    transfer = parse({"quote_id": MASKED_ID, **BAG})
    assert isinstance(transfer, QuoteTransfer)
    assert transfer.lines is not None
    assert [line.sku for line in transfer.lines] == ["A"]
    assert (transfer.currency, transfer.reference) == ("GBP", "r-1")


def test_null_is_the_same_as_an_absent_field() -> None:
    nothing = {"items": None, "currency": None, "reference": None, "token": None, "token_id": None}
    assert parse({"quote_id": MASKED_ID, **nothing}) == parse({"quote_id": MASKED_ID})
    assert parse({**BAG, "quote_id": None, "token_id": None}) == parse(BAG)


def test_unknown_fields_are_ignored() -> None:
    assert parse({**BAG, "color": {"deep": [1, 2]}}) == parse(BAG)


@pytest.mark.parametrize("name", ["currency", "reference", "quote_id", "token_id", "token"])
def test_an_empty_text_is_a_fault(name: str) -> None:
    assert (f"/{name}", "empty") in find_faults({**BAG, name: ""})


def test_a_bag_needs_items_currency_and_reference() -> None:
    assert find_faults({}) == [
        ("/items", "missing"),
        ("/currency", "missing"),
        ("/reference", "missing"),
    ]


@pytest.mark.parametrize("extra", [{}, BAG])
@pytest.mark.parametrize("name", ["token_id", "token"])
def test_a_token_without_a_quote_is_a_fault_and_never_a_guest(
    name: str, extra: dict[str, Any]
) -> None:
    assert find_faults({**extra, name: "t"}) == [("/quote_id", "missing")]


def test_two_tokens_that_differ_are_a_fault() -> None:
    body = {"quote_id": "4", "token_id": "one"}
    assert find_faults({**body, "token": "two"}) == [("/token", "conflict")]
    assert parse({**body, "token": "one"}) == parse(body)


@pytest.mark.parametrize(
    ("quantity", "code"),
    [
        (0, "out_of_range"),
        (-1, "out_of_range"),
        (10_001, "out_of_range"),
        (1.5, "not_whole"),
        ("2", "not_whole"),
        (True, "not_whole"),
        (None, "not_whole"),
        ([1], "not_whole"),
        (1e300, "out_of_range"),
    ],
)
def test_a_quantity_is_a_whole_number_from_1_to_10000(quantity: object, code: str) -> None:
    body = {**BAG, "items": [{"sku": "A", "quantity": quantity}]}
    assert find_faults(body) == [("/items/0/quantity", code)]


def test_a_quantity_may_be_written_with_a_needless_zero() -> None:
    assert parse({**BAG, "items": [{"sku": "A", "quantity": 1.0}]}) == parse(BAG)


def test_all_faults_come_in_one_answer() -> None:
    body = {"items": [{"sku": ""}, {"quantity": 0}, 7], "currency": 3, "token": "a b"}
    assert set(find_faults(body)) == {
        ("/items/0/sku", "empty"),
        ("/items/0/quantity", "missing"),
        ("/items/1/sku", "missing"),
        ("/items/1/quantity", "out_of_range"),
        ("/items/2", "wrong_type"),
        ("/currency", "wrong_type"),
        ("/token", "wrong_form"),
        ("/quote_id", "missing"),
    }


def test_lines_of_one_sku_are_summed_whatever_their_case() -> None:
    items = [
        {"sku": "Abc", "quantity": 1},
        {"sku": "other", "quantity": 1},
        {"sku": "aBC", "quantity": 2},
    ]
    transfer = parse({**BAG, "items": items})
    assert isinstance(transfer, BagTransfer)
    assert [(line.sku, int(line.quantity)) for line in transfer.bag.lines] == [
        ("Abc", 3),
        ("other", 1),
    ]


def test_the_sum_of_one_sku_has_the_same_limit() -> None:
    items = [{"sku": "a", "quantity": 10_000}, {"sku": "A", "quantity": 1}]
    assert find_faults({**BAG, "items": items}) == [("/items/1/quantity", "out_of_range")]


def test_a_bag_has_one_to_two_hundred_lines() -> None:
    lines = [{"sku": f"s{number}", "quantity": 1} for number in range(201)]
    assert find_faults({**BAG, "items": []}) == [("/items", "empty")]
    assert find_faults({**BAG, "items": lines}) == [("/items", "too_many")]
    assert parse({**BAG, "items": lines[:200]})


@pytest.mark.parametrize("currency", ["XYZ", "gbp", "GB", "£"])
def test_a_currency_that_the_shop_does_not_sell_in_is_named(currency: str) -> None:
    assert find_faults({**BAG, "currency": currency}) == [("/currency", "unknown_currency")]


@pytest.mark.parametrize("sku", ["a\x00b", "a\nb", "a\u202eb", "a\ud800"])
def test_a_sku_is_printable(sku: str) -> None:
    body = {**BAG, "items": [{"sku": sku, "quantity": 1}]}
    assert find_faults(body) == [("/items/0/sku", "not_printable")]


@pytest.mark.parametrize(
    "quote_id", [True, 1.5, [], {}, ["4"]], ids=["bool", "fraction", "list", "object", "in a list"]
)
def test_a_quote_id_is_text_or_a_whole_number(quote_id: object) -> None:
    assert find_faults({"quote_id": quote_id}) == [("/quote_id", "wrong_type")]


@pytest.mark.parametrize("token", ["a b", "a\nb", "é", "\x00", "a\ud800"])
def test_a_token_has_only_characters_of_a_header(token: str) -> None:
    faults = find_faults({"quote_id": "4", "token_id": token})
    assert [pointer for pointer, _ in faults] == ["/token_id"]


def test_a_reference_has_1_to_32_printable_characters() -> None:
    assert parse({**BAG, "reference": "é" * 32})
    assert find_faults({**BAG, "reference": "x" * 33}) == [("/reference", "too_long")]
    assert find_faults({**BAG, "reference": "a\tb"}) == [("/reference", "not_printable")]


def test_a_uuid_counts_as_its_32_digits() -> None:
    reference = str(uuid.uuid4())
    assert parse({**BAG, "reference": reference})
    assert find_faults({**BAG, "reference": "x" + reference[1:]}) == [("/reference", "too_long")]


def test_a_uuid_with_hyphens_in_other_places_is_too_long() -> None:
    reference = "-" + str(uuid.uuid4()).replace("-", "", 1)
    assert find_faults({**BAG, "reference": reference}) == [("/reference", "too_long")]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b'{"items": [}',
        b"\xff\xfe{}",
        b'{"currency": "\xe9"}',
        json.dumps(BAG).encode("utf-16"),
        b'{"quantity": NaN}',
        b'{"quantity": Infinity}',
        b'{"currency": "GBP", "currency": "EUR"}',
        b'{"items": [{"sku": "A", "sku": "B", "quantity": 1}]}',
        b"[" * 60_000,
        b'{"a":' * 12_000,
        b'{"quantity": ' + b"9" * 5000 + b"}",
    ],
)
def test_a_body_that_cannot_be_parsed_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedRequest):
        parse(raw)


@pytest.mark.parametrize("body", [[], "text", 1, None, True])
def test_the_body_is_an_object(body: object) -> None:
    assert find_faults(body) == [("", "wrong_type")]


def test_a_transfer_does_not_show_its_credentials() -> None:
    transfer = parse({"quote_id": MASKED_ID, "token_id": "secret-token"})
    assert MASKED_ID not in repr(transfer)
    assert "secret-token" not in repr(transfer)


texts = st.text(st.characters())  # halves of characters, too
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
field_names = st.sampled_from(
    ["items", "currency", "reference", "store", "quote_id", "token_id", "token", "colour"]
)
# Near to what is right, so that what is wrong stands deep within.
lines = st.fixed_dictionaries(
    {}, optional={"sku": texts | json_values, "quantity": st.integers() | st.floats() | json_values}
)
near = st.fixed_dictionaries(
    {},
    optional={
        "items": st.lists(lines | json_values, max_size=4),
        "currency": st.sampled_from(["GBP", "EUR", "gbp"]) | json_values,
        "reference": texts | json_values,
        "store": st.sampled_from(["default", "eu_gb", "Default"]) | json_values,
        "quote_id": st.just(MASKED_ID) | st.integers() | json_values,
        "token_id": texts | json_values,
        "token": texts | json_values,
    },
)


@given(st.dictionaries(field_names, json_values) | near)
def test_any_json_is_parsed_or_refused_with_a_problem(body: dict[str, Any]) -> None:
    try:
        said = list_transfer_texts(parse(body))
    except (MalformedRequest, RequestInvalid) as problem:
        said = [json.dumps(problem.as_json(), ensure_ascii=False)]
    assert all(text and text.encode() for text in said)  # which half of a character is not


def list_transfer_texts(transfer: BagTransfer | QuoteTransfer) -> list[str]:
    """Return what a transfer says to the shop and the ledger."""
    if isinstance(transfer, BagTransfer):
        bag, said = transfer.bag.lines, [transfer.reference, transfer.bag.currency]
        assert bag
    else:
        bag = transfer.lines or ()
        asked = (transfer.quote_id, transfer.token, transfer.reference, transfer.currency)
        said = [text for text in asked if text is not None]
    assert all(1 <= line.quantity <= 10_000 for line in bag)
    return [*said, *(line.sku for line in bag)]


sellable = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=255)


@given(
    st.lists(st.tuples(sellable, st.integers(1, 50)), min_size=1, max_size=200),
    st.sampled_from(["GBP", "EUR"]),
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=32),
)
def test_a_bag_is_parsed_into_its_lines(
    bag: list[tuple[str, int]], currency: str, reference: str
) -> None:
    items = [{"sku": sku, "quantity": quantity} for sku, quantity in bag]
    body = {"items": items, "currency": currency, "reference": reference}
    transfer = parse(body)
    assert isinstance(transfer, BagTransfer)
    assert (transfer.bag.currency, transfer.reference) == (currency, reference)
    meant: dict[str, int] = {}
    for sku, quantity in bag:
        meant[normalize_sku(sku)] = meant.get(normalize_sku(sku), 0) + quantity
    assert {normalize_sku(line.sku): line.quantity for line in transfer.bag.lines} == meant
    # Written otherwise, and with what is no matter, it is the same.
    spelt = json.dumps({**body, "token": None, "x": [None]}, ensure_ascii=False, indent=1)
    assert parse(spelt.encode()) == transfer


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_or_refused_with_a_problem(raw: bytes) -> None:
    with pytest.raises((MalformedRequest, RequestInvalid)):
        parse(raw)


@pytest.mark.parametrize(
    ("named", "currency", "code"),
    [(None, "GBP", "default"), (None, "EUR", "eu_de"), ("eu_gb", "GBP", "eu_gb")],
)
def test_a_bag_gets_the_store_view_it_names_or_the_first_in_its_currency(
    named: str | None, currency: str, code: str
) -> None:
    transfer = parse({**BAG, "currency": currency, "store": named})
    assert isinstance(transfer, BagTransfer)
    assert transfer.store.code == code


def test_a_quote_transfer_has_the_store_view_it_names_or_none() -> None:
    for named, code in (("eu_gb", "eu_gb"), (None, None)):
        transfer = parse({"quote_id": MASKED_ID, "store": named, "currency": "EUR"})
        assert isinstance(transfer, QuoteTransfer)
        assert (transfer.store.code if transfer.store else None) == code


@pytest.mark.parametrize(
    ("store", "code"),
    [("nowhere", "unknown_store"), ("", "empty"), (4, "wrong_type"), ("eu_de", "conflict")],
)
def test_faults_of_the_store_field_are_named(store: object, code: str) -> None:
    assert find_faults({**BAG, "store": store}) == [("/store", code)]
