"""`handoff rehearse`, as somebody runs it against a staging shop."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.conftest import KEY
from tests.rehearsal.staging import Staging, staging
from tests.running import RunningShop, free_port, running_shop

NO_ADMIN = {"HANDOFF_MAGENTO_ADMIN_USERNAME": "", "HANDOFF_MAGENTO_ADMIN_PASSWORD": ""}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staging]:
    folder = tmp_path_factory.mktemp("staging")
    with running_shop(folder / "sessions") as shop, staging(shop, folder) as stage:
        yield stage


def test_all_of_it_goes_well_and_nothing_stays_but_a_cancelled_order(stage: Staging) -> None:
    ended = stage.rehearse("--place-order", "--json")
    assert ended.code == 0, ended.err
    assert ended.document["passed"]
    assert ended.verdicts() == {"ok"}
    parts = [step["part"] for step in ended.document["steps"]]
    assert list(dict.fromkeys(parts)) == ["shop", "guest's quote", "guest with a bag", "customer"]
    [order] = stage.shop.inside.orders.by_id.values()
    assert order.state == "canceled"
    [left] = ended.document["left_behind"]
    assert order.increment_id in left
    assert stage.lines_left() == []
    assert stage.accounts_left() == []
    _require_no_credential(stage, ended.out + ended.err)


def _require_no_credential(stage: Staging, told: str) -> None:
    masked = [quote.masked_id for quote in stage.shop.inside.quotes.by_number.values()]
    assert any(masked)
    for secret in ("eyJ", "/h/", KEY, "Admin123!", *filter(None, masked)):
        assert secret not in told
    assert not re.search(r"[0-9a-zA-Z]{32}", told)


def test_people_get_a_table(stage: Staging) -> None:
    ended = stage.rehearse("--sku", "ITEM-03", "--sku", "item-04")
    assert ended.code == 0
    assert "2 of ITEM-03, 1 of ITEM-04, for 40 GBP" in ended.out
    assert "Everything went as it has to." in ended.out
    assert "customer: logged in" in ended.err


def test_the_service_has_to_run(stage: Staging) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    ended = stage.rehearse(HANDOFF_PUBLIC_URL=nobody)
    assert ended.code == 2
    assert nobody in ended.err
    assert "handoff serve" in ended.err
    assert ended.out == ""


def test_what_answers_has_to_be_the_service(stage: Staging) -> None:
    ended = stage.rehearse(HANDOFF_PUBLIC_URL=stage.shop.url)
    assert ended.code == 2
    assert "is not Handoff" in ended.err


@pytest.mark.parametrize("named", ["https://shop.example", "http://127.0.0.1:1", "127.0.0.1", ""])
def test_another_shop_than_that_of_the_settings_is_left_alone(stage: Staging, named: str) -> None:
    quotes = len(stage.shop.inside.quotes.by_number)
    ended = stage.rehearse("--staging", named)
    assert ended.code == 2
    assert stage.shop.url in ended.err
    assert len(stage.shop.inside.quotes.by_number) == quotes


def test_the_shop_may_be_spelled_in_another_way(stage: Staging) -> None:
    ended = stage.rehearse("--staging", stage.shop.url.replace("http", "HTTP") + "/")
    assert ended.code == 0


def test_settings_that_cannot_be_used_are_named(stage: Staging) -> None:
    ended = stage.rehearse(HANDOFF_SECRET_KEY="short")
    assert ended.code == 2
    assert "HANDOFF_SECRET_KEY" in ended.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--sku", "ITEM-01"), "--sku has to be given twice"),
        (("--store", "nowhere"), "HANDOFF_STORES lists default"),
    ],
)
def test_options_that_cannot_be_used_are_named(
    stage: Staging, options: tuple[str, ...], words: str
) -> None:
    ended = stage.rehearse(*options)
    assert ended.code == 2
    assert words in ended.err


def test_the_first_failure_is_explained_and_nothing_after_it_tried(stage: Staging) -> None:
    ended = stage.rehearse("--json", HANDOFF_API_KEYS="a-key-of-nobody")
    assert ended.code == 1
    assert (ended.failed["part"], ended.failed["step"]) == ("guest's quote", "transferred")
    assert "key_rejected" in ended.failed["failure"]["came"]
    assert "HANDOFF_API_KEYS" in ended.failed["failure"]["do"]
    verdicts = [step["verdict"] for step in ended.document["steps"]]
    failed = verdicts.index("failed")
    assert set(verdicts[failed + 1 :]) == {"not_tried"}
    assert stage.lines_left() == []


def test_a_failure_is_explained_below_the_table(stage: Staging) -> None:
    ended = stage.rehearse(HANDOFF_API_KEYS="a-key-of-nobody")
    assert re.search(r"failed +guest's quote, transferred", ended.out)
    assert re.search(r"to do +The service has other HANDOFF_API_KEYS", ended.out)


@pytest.mark.parametrize("asked", ["true", "false"])
def test_a_session_store_that_is_not_the_shops_is_found_out(
    shop: RunningShop, tmp_path: Path, asked: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    changes = {"HANDOFF_SESSION_STORE": elsewhere.as_uri(), "HANDOFF_ASK_CHECKOUT": asked}
    with staging(shop, tmp_path, **changes) as stage:
        ended = stage.rehearse("--json")
    assert ended.code == 1
    words = "does not find the quote in" if asked == "true" else "the cart is empty"
    assert words in ended.failed["failure"]["came"]
    assert "HANDOFF_SESSION_STORE" in ended.failed["failure"]["do"]
    assert stage.lines_left() == []


def test_a_service_that_asks_another_shop_is_found_out_before_it_makes_a_cart(
    shop: RunningShop, tmp_path: Path
) -> None:
    with (
        running_shop(tmp_path / "other") as other,
        staging(shop, tmp_path, HANDOFF_MAGENTO_URL=other.url) as stage,
    ):
        ended = stage.rehearse("--json")
        assert len(other.inside.quotes.by_number) == 0
    assert ended.code == 1
    assert "quote_not_found" in ended.failed["failure"]["came"]
    assert "asks another shop" in ended.failed["failure"]["do"]


@pytest.mark.parametrize("asked", ["true", "false"])
def test_a_shop_that_does_not_sell_to_guests_is_found_out(
    shop: RunningShop, tmp_path: Path, asked: str
) -> None:
    shop.inside.rules.guest_checkout = False
    with staging(shop, tmp_path, HANDOFF_ASK_CHECKOUT=asked) as stage:
        ended = stage.rehearse("--json")
    assert ended.code == 1
    told = "guest_checkout_off" if asked == "true" else "guest checkout is switched off"
    assert told in ended.failed["failure"]["came"]
    assert "does not let guests check out" in ended.failed["failure"]["do"]
    assert stage.lines_left() == []


def test_a_bag_that_is_too_cheap_for_the_shop_is_found_out(
    shop: RunningShop, tmp_path: Path
) -> None:
    shop.inside.rules.minimum = Decimal(1000)
    with staging(shop, tmp_path, HANDOFF_ASK_CHECKOUT="false") as stage:
        ended = stage.rehearse("--json")
    assert "with the bag in it" in ended.failed["failure"]["came"]
    assert "minimum order amount" in ended.failed["failure"]["do"]


def test_links_that_are_posted_are_rehearsed_as_well(shop: RunningShop, tmp_path: Path) -> None:
    with staging(shop, tmp_path, HANDOFF_INSTRUCTION="form") as stage:
        ended = stage.rehearse("--json")
    assert ended.code == 0, ended.out


def test_direct_entry_is_rehearsed_where_it_is_open(shop: RunningShop, tmp_path: Path) -> None:
    with staging(shop, tmp_path, HANDOFF_DIRECT_ENTRY="true") as stage:
        ended = stage.rehearse("--json", HANDOFF_DIRECT_ENTRY="true")
        without = stage.rehearse("--json")
    assert ended.code == 0, ended.out
    direct = [one for one in ended.document["steps"] if one["step"] == "direct entry"]
    assert [one["part"] for one in direct] == ["guest's quote", "customer"]
    assert "direct entry" not in without.out


def test_a_grace_of_nothing_is_taken_as_it_is_meant(shop: RunningShop, tmp_path: Path) -> None:
    with staging(shop, tmp_path, HANDOFF_REOPEN_GRACE="0") as stage:
        ended = stage.rehearse("--json", HANDOFF_REOPEN_GRACE="0")
    assert ended.code == 0, ended.out
    again = [one["seen"] for one in ended.document["steps"] if "again" in one["step"]]
    assert set(again) == {"refused, as HANDOFF_REOPEN_GRACE is 0"}


def test_without_an_administrator_the_customer_is_left_out_and_an_order_stays(
    stage: Staging,
) -> None:
    before = set(stage.shop.inside.orders.by_id)
    ended = stage.rehearse("--json", "--place-order", **NO_ADMIN)
    assert ended.code == 0, ended.out
    skipped = [one for one in ended.document["steps"] if one["verdict"] == "skipped"]
    assert [one["part"] for one in skipped] == ["guest with a bag", "customer"]
    assert "HANDOFF_MAGENTO_ACCESS_TOKEN" in skipped[1]["seen"]
    [number] = set(stage.shop.inside.orders.by_id) - before
    assert stage.shop.inside.orders.by_id[number].state == "new"
    assert "Cancel it by hand" in ended.document["left_behind"][0]


def test_no_account_is_made_that_could_not_be_removed(stage: Staging) -> None:
    ended = stage.rehearse("--json", HANDOFF_MAGENTO_ADMIN_PASSWORD="not-the-password")
    assert ended.code == 1
    assert ended.failed["step"] == "account made"
    assert "administrator's login" in ended.failed["failure"]["came"]
    assert "--customer-email" in ended.failed["failure"]["do"]
    assert stage.accounts_left() == []


def test_an_account_that_is_there_may_be_named_and_stays_as_it_was(
    stage: Staging, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("Shopper123!\n")
    token = stage.shop.customer_token("other@example.com")
    ended = stage.rehearse(
        *("--json", "--customer-email", "other@example.com"),
        *("--customer-password-file", str(file)),
        **NO_ADMIN,
    )
    assert ended.code == 0, ended.out
    assert ended.verdicts() == {"ok"}
    assert stage.accounts_left() == []
    # Its owner is still logged in elsewhere, and goes by the same name.
    assert stage.shop.rest("GET", "customers/me", token=token)["firstname"] == "Olly"
    assert "Shopper123!" not in ended.out + ended.err


def test_what_an_account_has_in_its_cart_is_not_thrown_away(stage: Staging, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("Shopper123!")
    token = stage.shop.customer_token()
    stage.shop.customer_quote(token, ("ITEM-05", 3))
    options = ("--customer-email", "shopper@example.com", "--customer-password-file", str(file))
    ended = stage.rehearse("--json", *options)
    assert ended.code == 1
    assert "holds items" in ended.failed["failure"]["came"]
    [line] = stage.shop.rest("GET", "carts/mine/items", token=token)
    assert (line["sku"], line["qty"]) == ("ITEM-05", 3)
    stage.shop.rest("DELETE", f"carts/mine/items/{line['item_id']}", token=token)


@pytest.mark.parametrize(
    "at",
    [
        "guest's quote: cart made and changed",
        "guest's quote: exactly the bag in checkout",
        "guest with a bag: transferred",
        "guest with a bag: let into checkout",
        "guest with a bag: order found by reconcile",
        "customer: cart made and changed",
        "customer: added on the web, shown in the app",
    ],
)
def test_ctrl_c_leaves_no_customer_and_no_items(stage: Staging, at: str) -> None:
    before = set(stage.shop.inside.orders.by_id)
    ended = stage.interrupted(at, "--place-order", "--json")
    assert ended.code == 130, ended.err
    assert "Stopping after the call that is under way" in ended.err
    assert ended.document["interrupted"]
    assert ended.document["clean"]
    assert "not_tried" in ended.verdicts()
    assert stage.lines_left() == []
    assert stage.accounts_left() == []
    placed = [one for number, one in stage.shop.inside.orders.by_id.items() if number not in before]
    assert {order.state for order in placed} <= {"canceled"}
    assert len(placed) == at.startswith(("guest with a bag: order found", "customer"))


def test_an_impatient_ctrl_c_does_not_stop_the_cleaning_up(stage: Staging) -> None:
    ended = stage.interrupted("customer: transferred", times=20)
    assert ended.code == 130
    assert "Interrupted; what had been made was cleaned up." in ended.out
    assert stage.lines_left() == []
    assert stage.accounts_left() == []
