"""How MagentoClient calls the shop: no cookie is sent back, the environment is not read."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from handoff.deadline import Deadline
from handoff.magento.client import MagentoClient
from handoff.problems import ShopTimeout, ShopUnavailable
from tests.magento.conftest import RunService
from tests.magento.faulty_shop import FaultyShop, faulty_shop
from tests.magento.shop_behaviours import (
    answers,
    answers_packed,
    build_response,
    drips_body,
    resets,
    sends_raw,
)
from tests.magento.transfer_calls import build_bag_transfer
from tests.running_servers import RunningShop, free_port


def test_the_shops_cookies_are_never_sent_back(
    between: FaultyShop, shop: RunningShop, serve: RunService
) -> None:
    token = shop.log_in_customer()
    number = shop.fill_customer_quote(token, ("ITEM-01", 1))
    masked_id = shop.create_guest_quote(("ITEM-01", 1))
    with serve(between.url) as service:
        for body in (
            build_bag_transfer(("ITEM-01", 1)),
            {**build_bag_transfer(("ITEM-02", 1), ("item-03", 1)), "reference": "r-2"},
            {"quote_id": masked_id},
            {"quote_id": number, "token_id": token},
            {"quote_id": masked_id},
        ):
            assert service.poq.transfer(body).status_code == 200
    assert len(between.calls) == 9
    assert [call.path for call in between.calls if "cookie" in call.headers] == []


@pytest.mark.parametrize("in_chunks", [True, False], ids=["in chunks", "in one piece"])
def test_answers_are_unpacked(in_chunks: bool) -> None:
    cart = {"sku": ["ITEM-01"] * 50}
    with faulty_shop(answers_packed(cart, in_chunks=in_chunks)) as shop:
        client = MagentoClient(shop.url)
        answer = client.call_rest("GET", "any", store=None, deadline=Deadline.after(8))
        assert answer.body == cart
        assert "gzip" in shop.calls[0].headers["accept-encoding"]
        assert len(shop.calls) == 1


@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_may_begin_with_a_byte_order_mark(status: int) -> None:
    content = b'{"message": "\xc3\xbc", "parameters": []}'
    json_type = ("Content-Type", "application/json")
    response = build_response(status, codecs.BOM_UTF8 + content, json_type)
    with faulty_shop(sends_raw(response)) as shop:
        deadline = Deadline.after(8)
        answer = MagentoClient(shop.url).call_rest("GET", "any", store=None, deadline=deadline)
        assert answer.message == "\u00fc"
        by_graphql = MagentoClient(shop.url)  # the first client's connection has ended
        answer = by_graphql.call_graphql("{a}", {}, store="default", deadline=deadline)
        assert answer.body == {"message": "\u00fc", "parameters": []}


def test_a_cookie_is_not_kept_whatever_the_shop_sets(serve: RunService) -> None:
    cookies = [
        ("Set-Cookie", "PHPSESSID=abc; path=/; HttpOnly"),
        ("Set-Cookie", "everywhere=1; domain=127.0.0.1; path=/; Max-Age=3600"),
    ]
    with faulty_shop(answers(404, {"message": "no", "parameters": []}, *cookies)) as shop:
        client = MagentoClient(shop.url)
        for _ in range(2):
            client.call_rest("GET", "guest-carts/x", store="default", deadline=Deadline.after(8))
        assert len(shop.calls) == 2
        assert "cookie" not in shop.calls[1].headers


def test_proxies_and_netrc_of_the_machine_are_not_used(
    between: FaultyShop,
    shop: RunningShop,
    serve: RunService,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    nowhere = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, nowhere)
        monkeypatch.setenv(name.upper(), nowhere)
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("NO_PROXY", "")
    # The stand-in is asked by the test itself as well, which has to reach it.
    between.calls.clear()
    client = MagentoClient(between.url)
    login = {"username": "shopper@example.com", "password": "Shopper123!"}
    token = client.call_rest(
        "POST",
        "integration/customer/token",
        store="default",
        deadline=Deadline.after(8),
        body=login,
    ).body
    answer = client.call_rest(
        "GET", "carts/mine", store="default", deadline=Deadline.after(8), token=token
    )
    assert answer.status in (200, 404)
    assert "authorization" not in between.calls[0].headers
    assert between.calls[1].headers["authorization"] == f"Bearer {token}"


def test_a_customers_token_is_sent_with_the_calls_that_need_it_and_no_other(
    between: FaultyShop, shop: RunningShop, serve: RunService
) -> None:
    token = shop.log_in_customer()
    number = shop.fill_customer_quote(token, ("ITEM-01", 1))
    masked_id = shop.create_guest_quote(("ITEM-01", 1))
    with serve(between.url) as service:
        service.poq.transfer({"quote_id": number, "token_id": token})
        service.poq.transfer({"quote_id": masked_id})
        service.poq.transfer(build_bag_transfer(("ITEM-01", 1)))
    authorized = [call.path for call in between.calls if "authorization" in call.headers]
    assert authorized == [
        "/rest/V1/carts/mine?___store=default",
        "/rest/default/V1/carts/mine",  # confirms the number of the store view
    ]
    assert not any(token in call.path for call in between.calls)


def test_after_the_deadline_no_call_is_made() -> None:
    with faulty_shop(answers(200, "x")) as shop:
        with pytest.raises(ShopTimeout):
            MagentoClient(shop.url).call_rest(
                "GET", "guest-carts/x", store="default", deadline=Deadline.after(0)
            )
        assert shop.calls == []


@pytest.mark.waiting
@pytest.mark.parametrize("behaviour", [drips_body, resets])
def test_no_error_holds_the_url(
    behaviour: object, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exceptions of `requests` carry the address, and with it the masked id."""
    assert callable(behaviour)
    with faulty_shop(behaviour) as shop:
        with pytest.raises((ShopTimeout, ShopUnavailable)) as raised:
            MagentoClient(shop.url).call_rest(
                "GET", "guest-carts/secret", store="default", deadline=Deadline.after(0.6)
            )
        assert "secret" not in f"{raised.value!s}{raised.value!r}{raised.value.detail}"
        assert raised.value.__cause__ is None
        assert raised.value.__suppress_context__
    assert "secret" not in caplog.text + capsys.readouterr().err
