"""Answers of the shop in which one value has another type or another value than it should.

Whatever it is, a transfer ends with a documented answer that is not 500.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from handoff_sandbox.full_catalogue import create_full_catalogue
from hypothesis import given
from hypothesis import strategies as st

from handoff import problems
from tests.conftest import get_link_path
from tests.magento.faulty_shop import Call, FaultyShop, faulty_shop
from tests.magento.service_in_process import ServiceInProcess, run_service
from tests.magento.shop_behaviours import build_response, forward
from tests.running_servers import RunningShop, running_shop

pytestmark = pytest.mark.fuzzing

HUGE = "a number that is replaced by 1e999999"

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(exclude_categories=())),
    st.sampled_from(
        [HUGE, "", "1", "GBP\r\nX-Evil: 1", "2.0000", "NaN", "\x00", "\ud800", -1, 2**64]
    ),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
KNOWN_CODES = {
    problem.code
    for problem in vars(problems).values()
    if isinstance(problem, type)
    and issubclass(problem, problems.Problem)
    and hasattr(problem, "code")
}


@dataclass(slots=True)
class ChangedAnswers:
    """Forwards every call, and changes one value in one answer: which one, is drawn."""

    shop_url: str
    changed_call: int = -1
    path: tuple[int, ...] = ()
    value: Any = None
    count: int = 0

    def __call__(self, call: Call) -> None:
        status, headers, body = forward(self.shop_url, call)
        if self.count == self.changed_call:
            body = self._change(body)
        self.count += 1
        call.send(build_response(status, body, *headers))

    def _change(self, body: bytes) -> bytes:
        try:
            data = json.loads(body)
        except ValueError:
            data = body.decode("utf-8", "replace")
        changed = json.dumps(_replace(data, self.path, self.value))
        return changed.replace(json.dumps(HUGE), "1e999999").encode()


def _replace(data: Any, path: tuple[int, ...], value: Any) -> Any:
    """Return JSON with another value at a path; each step selects one of the children."""
    if not path or not isinstance(data, dict | list) or not data:
        return value
    keys = list(data) if isinstance(data, dict) else list(range(len(data)))
    key = keys[path[0] % len(keys)]
    copy = data.copy()
    copy[key] = _replace(data[key], path[1:], value)
    return copy


@dataclass(frozen=True, slots=True, repr=False)
class FuzzedService:
    shop: RunningShop
    faulty: FaultyShop
    service: ServiceInProcess


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FuzzedService]:
    folder = tmp_path_factory.mktemp("fuzzed")
    with ExitStack() as stack:
        sessions = folder / "sessions"
        shop = stack.enter_context(running_shop(sessions, create_full_catalogue()))
        faulty = stack.enter_context(faulty_shop(ChangedAnswers(shop.url)))
        service = stack.enter_context(
            run_service(
                faulty.url,
                folder,
                checkout_preflight="always",
                session_store=sessions.as_uri(),
                magento_admin_username="admin",
                magento_admin_password="Admin123!",
                refusals_per_minute=100_000,
            )
        )
        yield FuzzedService(shop, faulty, service)


def draw_change(fuzzed: FuzzedService, data: st.DataObject, *, calls: int) -> ChangedAnswers:
    return ChangedAnswers(
        fuzzed.shop.url,
        changed_call=data.draw(st.integers(0, calls - 1), label="call"),
        path=tuple(data.draw(st.lists(st.integers(0, 40), max_size=8), label="path")),
        value=data.draw(values, label="value"),
    )


def transfer_with_change(
    fuzzed: FuzzedService, body: dict[str, Any], data: st.DataObject, *, calls: int
) -> None:
    fuzzed.faulty.behaviour = draw_change(fuzzed, data, calls=calls)
    answer = fuzzed.service.poq.transfer(body)
    assert answer.status_code != 500
    if answer.status_code != 200:
        assert answer.get_json()["code"] in KNOWN_CODES


@given(st.data())
def test_a_bag(fuzzed: FuzzedService, data: st.DataObject) -> None:
    lines = data.draw(
        st.lists(
            st.sampled_from(["ITEM-01", "item-02", "PC-CONF-S", "PC-CONF", "NO-SUCH", "PC-BUN"]),
            min_size=1,
            max_size=3,
            unique=True,
        )
    )
    body = {
        "items": [{"sku": sku, "quantity": 2} for sku in lines],
        "currency": "GBP",
        "reference": str(data.draw(st.uuids())),
    }
    transfer_with_change(fuzzed, body, data, calls=8)


@given(st.data())
def test_a_guests_quote_with_lines(fuzzed: FuzzedService, data: st.DataObject) -> None:
    fuzzed.shop.state.rules.one_page_checkout = data.draw(st.booleans())
    quote_id = fuzzed.shop.create_guest_quote(("ITEM-01", 1))
    items = [{"sku": data.draw(st.sampled_from(["ITEM-01", "ITEM-02"])), "quantity": 1}]
    transfer_with_change(fuzzed, {"quote_id": quote_id, "items": items}, data, calls=6)
    fuzzed.shop.state.rules.one_page_checkout = True


@given(st.data())
def test_a_customers_quote(fuzzed: FuzzedService, data: st.DataObject) -> None:
    token = fuzzed.shop.log_in_customer()
    number = fuzzed.shop.fill_customer_quote(token, ("ITEM-01", 1))
    body = {"quote_id": number, "token_id": token}
    transfer_with_change(fuzzed, body, data, calls=4)


@given(st.data())
def test_a_link_that_is_opened_after_the_order(fuzzed: FuzzedService, data: st.DataObject) -> None:
    masked_id = fuzzed.shop.create_guest_quote(("ITEM-01", 1))
    fuzzed.faulty.behaviour = ChangedAnswers(fuzzed.shop.url)
    link = get_link_path(fuzzed.service.poq.transfer({"quote_id": masked_id}))
    phone, other_phone = (fuzzed.service.app.test_client() for _ in range(2))
    assert phone.get(link).status_code == 200
    assert phone.post(link).status_code == 303
    fuzzed.shop.place_order(f"guest-carts/{masked_id}")
    fuzzed.faulty.behaviour = draw_change(fuzzed, data, calls=2)
    for client in (phone, other_phone):
        assert client.get(link).status_code < 500
        assert client.post(link).status_code < 500


@given(st.data())
def test_a_quote_that_is_transferred_after_the_order(
    fuzzed: FuzzedService, data: st.DataObject
) -> None:
    masked_id = fuzzed.shop.create_guest_quote(("ITEM-01", 1))
    fuzzed.shop.place_order(f"guest-carts/{masked_id}")
    transfer_with_change(fuzzed, {"quote_id": masked_id}, data, calls=3)
