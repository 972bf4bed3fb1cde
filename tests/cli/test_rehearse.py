"""`handoff rehearse` at a staging shop."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.conftest import KEY
from tests.rehearsal.staging_shop import ADMIN, StagingShop, running_staging_shop
from tests.running_servers import RunningShop, free_port, running_service, running_shop
from tests.service_calls import create_environment
from tests.webhooks.receiver_server import SECRET, running_receiver

pytestmark = pytest.mark.processes

NO_ADMIN = {"HANDOFF_MAGENTO_ADMIN_USERNAME": "", "HANDOFF_MAGENTO_ADMIN_PASSWORD": ""}


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StagingShop]:
    folder = tmp_path_factory.mktemp("staging")
    with running_shop(folder / "sessions") as shop:
        environment = create_environment(shop, folder, **ADMIN)
        with running_service(environment, folder, workers=1) as service:
            yield StagingShop(shop, service.url, environment)


def test_every_step_passes_and_only_a_cancelled_order_stays(staging: StagingShop) -> None:
    finished = staging.rehearse_as_program("--place-order", "--json")
    assert finished.code == 0, finished.err
    assert finished.report["passed"]
    assert finished.verdicts == {"ok"}
    seen = {step["step"]: step["seen"] for step in finished.report["steps"]}
    assert seen["the app learns of the order"].endswith("GBP, once")
    parts = [step["part"] for step in finished.report["steps"]]
    assert list(dict.fromkeys(parts)) == ["shop", "guest's quote", "guest with a bag", "customer"]
    [order] = staging.shop.state.orders.by_id.values()
    assert order.state == "canceled"
    [left] = finished.report["left_behind"]
    assert order.increment_id in left
    assert staging.list_remaining_skus() == []
    assert staging.list_remaining_accounts() == []
    _require_no_credential(staging, finished.out + finished.err)


def test_an_order_ends_with_its_webhook(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "handoff.cli", "deliver"]
    with running_receiver() as receiver, running_shop(tmp_path / "sessions") as shop:
        webhooks = {"HANDOFF_WEBHOOK_URL": receiver.url, "HANDOFF_WEBHOOK_SECRET": SECRET}
        with running_staging_shop(shop, tmp_path, **webhooks) as staging:
            environment = {"PATH": os.environ["PATH"], **staging.environment, **webhooks}
            environment["HANDOFF_PUBLIC_URL"] = staging.service_url
            with subprocess.Popen(command, env=environment) as deliverer:
                finished = staging.rehearse("--place-order", "--json", **webhooks)
                deliverer.terminate()
        assert finished.code == 0, finished.err
        seen = {step["step"]: step["seen"] for step in finished.report["steps"]}
        assert seen["webhooks received"].startswith("handoff.ordered at 127.0.0.1 ")
        assert "handoff.ordered" in [event["type"] for event in receiver.events]


def test_a_service_without_a_session_store_rehearses_bags_only(tmp_path: Path) -> None:
    changes = {
        "HANDOFF_SESSION_STORE": "storefront",
        "HANDOFF_STORED_SESSION_KEYS": Fernet.generate_key().decode(),
    }
    with (
        running_shop(tmp_path / "sessions") as shop,
        running_staging_shop(shop, tmp_path, **changes) as staging,
    ):
        finished = staging.rehearse("--place-order", "--json", **changes)
        assert finished.code == 0, finished.err
        passed = {step["part"] for step in finished.report["steps"] if step["verdict"] == "ok"}
        assert passed == {"shop", "guest with a bag"}


def _require_no_credential(staging: StagingShop, output: str) -> None:
    masked_ids = [quote.masked_id for quote in staging.shop.state.quotes.by_number.values()]
    assert any(masked_ids)
    for secret in ("eyJ", "/h/", KEY, "Admin123!", *filter(None, masked_ids)):
        assert secret not in output
    assert not re.search(r"[0-9a-zA-Z]{32}", output)


def test_a_session_that_outlives_a_password_change_is_a_failure(
    staging: StagingShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging.shop.state.visitors, "clock", lambda: time.time() + 3600)
    finished = staging.rehearse("--json")
    assert finished.code == 1
    assert finished.failed_step["step"] == "session ended by a password change"
    assert "shop_visitor_unknown" in finished.failed_step["failure"]["do"]
    assert staging.list_remaining_accounts() == []


def test_without_json_a_table_is_printed(staging: StagingShop) -> None:
    finished = staging.rehearse("--sku", "ITEM-03", "--sku", "item-04")
    assert finished.code == 0
    assert "2 of ITEM-03, 1 of ITEM-04, for 40 GBP" in finished.out
    assert "Every step passed." in finished.out
    assert "customer: logged in" in finished.err


def test_a_service_that_does_not_run_ends_with_code_2(staging: StagingShop) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    finished = staging.rehearse(HANDOFF_PUBLIC_URL=url)
    assert finished.code == 2
    assert url in finished.err
    assert "handoff serve" in finished.err
    assert finished.out == ""


def test_another_server_at_the_public_url_ends_with_code_2(staging: StagingShop) -> None:
    finished = staging.rehearse(HANDOFF_PUBLIC_URL=staging.shop.url)
    assert finished.code == 2
    assert "is not Handoff" in finished.err


@pytest.mark.parametrize("named", ["https://shop.example", "http://127.0.0.1:1", "127.0.0.1", ""])
def test_a_shop_that_is_not_in_the_settings_is_not_called(staging: StagingShop, named: str) -> None:
    quotes = len(staging.shop.state.quotes.by_number)
    finished = staging.rehearse("--staging", named)
    assert finished.code == 2
    assert staging.shop.url in finished.err
    assert len(staging.shop.state.quotes.by_number) == quotes


def test_the_staging_url_may_be_spelled_differently(staging: StagingShop) -> None:
    finished = staging.rehearse("--staging", staging.shop.url.replace("http", "HTTP") + "/")
    assert finished.code == 0


def test_invalid_settings_are_named(staging: StagingShop) -> None:
    finished = staging.rehearse(HANDOFF_SECRET_KEY="short")
    assert finished.code == 2
    assert "HANDOFF_SECRET_KEY" in finished.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--sku", "ITEM-01"), "--sku has to name two products"),
        (("--sku", "ITEM-01", "--sku", "item-01"), "--sku has to name two products"),
        (("--store", "nowhere"), "HANDOFF_STORES lists default"),
    ],
)
def test_invalid_options_are_named(
    staging: StagingShop, options: tuple[str, ...], words: str
) -> None:
    finished = staging.rehearse(*options)
    assert finished.code == 2
    assert words in finished.err


def test_the_first_failure_is_explained_and_later_steps_are_not_tried(staging: StagingShop) -> None:
    finished = staging.rehearse("--json", HANDOFF_API_KEYS="a-key-that-nobody-has")
    assert finished.code == 1
    assert (finished.failed_step["part"], finished.failed_step["step"]) == (
        "guest's quote",
        "transferred",
    )
    assert "key_rejected" in finished.failed_step["failure"]["came"]
    assert "HANDOFF_API_KEYS" in finished.failed_step["failure"]["do"]
    verdicts = [step["verdict"] for step in finished.report["steps"]]
    failed = verdicts.index("failed")
    assert set(verdicts[failed + 1 :]) == {"not_tried"}
    assert staging.list_remaining_skus() == []


def test_a_failure_is_explained_below_the_table(staging: StagingShop) -> None:
    finished = staging.rehearse(HANDOFF_API_KEYS="a-key-that-nobody-has")
    assert re.search(r"failed +guest's quote, transferred", finished.out)
    assert re.search(r"to do +The service has other HANDOFF_API_KEYS", finished.out)


@pytest.mark.parametrize("preflight", ["always", "off"])
def test_a_session_store_that_is_not_the_shops_is_detected(
    shop: RunningShop, tmp_path: Path, preflight: str
) -> None:
    other_store = tmp_path / "other_store"
    other_store.mkdir()
    changes = {
        "HANDOFF_SESSION_STORE": other_store.as_uri(),
        "HANDOFF_CHECKOUT_PREFLIGHT": preflight,
    }
    with running_staging_shop(shop, tmp_path, **changes) as staging:
        finished = staging.rehearse("--json")
    assert finished.code == 1
    words = "does not find the quote in" if preflight == "always" else "the cart is empty"
    assert words in finished.failed_step["failure"]["came"]
    assert "HANDOFF_SESSION_STORE" in finished.failed_step["failure"]["do"]
    assert staging.list_remaining_skus() == []


def test_a_service_for_another_shop_is_detected_before_it_creates_a_cart(
    shop: RunningShop, tmp_path: Path
) -> None:
    with (
        running_shop(tmp_path / "other") as other,
        running_staging_shop(shop, tmp_path, HANDOFF_MAGENTO_URL=other.url) as staging,
    ):
        finished = staging.rehearse("--json")
        assert len(other.state.quotes.by_number) == 0
    assert finished.code == 1
    assert "quote_not_found" in finished.failed_step["failure"]["came"]
    assert "asks another shop" in finished.failed_step["failure"]["do"]


@pytest.mark.parametrize("preflight", ["always", "off"])
def test_a_shop_without_guest_checkout_is_detected(
    shop: RunningShop, tmp_path: Path, preflight: str
) -> None:
    shop.state.rules.guest_checkout = False
    with running_staging_shop(shop, tmp_path, HANDOFF_CHECKOUT_PREFLIGHT=preflight) as staging:
        finished = staging.rehearse("--json")
    assert finished.code == 1
    expected = "guest_checkout_off" if preflight == "always" else "guest checkout is switched off"
    assert expected in finished.failed_step["failure"]["came"]
    assert "does not let guests check out" in finished.failed_step["failure"]["do"]
    assert staging.list_remaining_skus() == []


def test_a_bag_below_the_minimum_order_amount_is_detected(
    shop: RunningShop, tmp_path: Path
) -> None:
    shop.state.rules.minimum = Decimal(1000)
    with running_staging_shop(shop, tmp_path, HANDOFF_CHECKOUT_PREFLIGHT="off") as staging:
        finished = staging.rehearse("--json")
    assert "with the bag in it" in finished.failed_step["failure"]["came"]
    assert "minimum order amount" in finished.failed_step["failure"]["do"]


def test_links_of_the_form_style_are_rehearsed(shop: RunningShop, tmp_path: Path) -> None:
    with running_staging_shop(shop, tmp_path, HANDOFF_INSTRUCTION="form") as staging:
        finished = staging.rehearse("--json")
    assert finished.code == 0, finished.out


def test_direct_entry_is_rehearsed_if_it_is_on(shop: RunningShop, tmp_path: Path) -> None:
    with running_staging_shop(shop, tmp_path, HANDOFF_DIRECT_ENTRY="true") as staging:
        finished = staging.rehearse("--json", HANDOFF_DIRECT_ENTRY="true")
        without = staging.rehearse("--json")
    assert finished.code == 0, finished.out
    direct = [step for step in finished.report["steps"] if step["step"] == "direct entry"]
    assert [step["part"] for step in direct] == ["guest's quote", "customer"]
    assert "direct entry" not in without.out


def test_with_a_reopen_grace_of_0_reopening_has_to_be_refused(
    shop: RunningShop, tmp_path: Path
) -> None:
    with running_staging_shop(shop, tmp_path, HANDOFF_REOPEN_GRACE="0") as staging:
        finished = staging.rehearse("--json", HANDOFF_REOPEN_GRACE="0")
    assert finished.code == 0, finished.out
    reopened = [step["seen"] for step in finished.report["steps"] if "again" in step["step"]]
    assert set(reopened) == {"refused, as the reopen grace is 0"}


def test_without_an_administrator_the_customer_is_skipped_and_the_order_stays(
    staging: StagingShop,
) -> None:
    before = set(staging.shop.state.orders.by_id)
    finished = staging.rehearse("--json", "--place-order", **NO_ADMIN)
    assert finished.code == 0, finished.out
    skipped = [step for step in finished.report["steps"] if step["verdict"] == "skipped"]
    assert [step["part"] for step in skipped] == [*["guest with a bag"] * 2, "customer"]
    assert "HANDOFF_MAGENTO_ACCESS_TOKEN" in skipped[2]["seen"]
    [number] = set(staging.shop.state.orders.by_id) - before
    assert staging.shop.state.orders.by_id[number].state == "new"
    assert "Cancel it by hand" in finished.report["left_behind"][0]


def test_no_account_is_created_if_it_cannot_be_deleted(staging: StagingShop) -> None:
    finished = staging.rehearse("--json", HANDOFF_MAGENTO_ADMIN_PASSWORD="not-the-password")
    assert finished.code == 1
    assert finished.failed_step["step"] == "account made"
    assert "administrator's login" in finished.failed_step["failure"]["came"]
    assert "--customer-email" in finished.failed_step["failure"]["do"]
    assert staging.list_remaining_accounts() == []


def test_an_existing_account_can_be_used_and_stays_as_it_was(
    staging: StagingShop, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("Shopper123!\n")
    token = staging.shop.log_in_customer("other@example.com")
    finished = staging.rehearse(
        *("--json", "--customer-email", "other@example.com"),
        *("--customer-password-file", str(file)),
        **NO_ADMIN,
    )
    assert finished.code == 0, finished.out
    assert finished.verdicts == {"ok", "skipped"}
    assert staging.list_remaining_accounts() == []
    # The owner is still logged in elsewhere, and the first name is the same.
    assert staging.shop.call_rest("GET", "customers/me", token=token)["firstname"] == "Olly"
    assert "Shopper123!" not in finished.out + finished.err


def test_a_password_file_that_is_not_utf_8_ends_with_code_2(
    staging: StagingShop, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_bytes("Pässword".encode("latin-1"))
    options = ("--customer-email", "other@example.com", "--customer-password-file", str(file))
    finished = staging.rehearse(*options)
    assert finished.code == 2
    assert "is not UTF-8 text" in finished.err
    assert "Traceback" not in finished.err


def test_items_in_the_cart_of_an_existing_account_are_not_removed(
    staging: StagingShop, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("Shopper123!")
    token = staging.shop.log_in_customer()
    staging.shop.fill_customer_quote(token, ("ITEM-05", 3))
    options = ("--customer-email", "shopper@example.com", "--customer-password-file", str(file))
    finished = staging.rehearse("--json", *options)
    assert finished.code == 1
    assert "holds items" in finished.failed_step["failure"]["came"]
    [line] = staging.shop.call_rest("GET", "carts/mine/items", token=token)
    assert (line["sku"], line["qty"]) == ("ITEM-05", 3)
    staging.shop.call_rest("DELETE", f"carts/mine/items/{line['item_id']}", token=token)


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
def test_ctrl_c_leaves_no_account_and_no_items(staging: StagingShop, at: str) -> None:
    before = set(staging.shop.state.orders.by_id)
    finished = staging.interrupt(at, "--place-order", "--json")
    assert finished.code == 130, finished.err
    assert "Stopping after the current call" in finished.err
    assert finished.report["interrupted"]
    assert finished.report["clean"]
    assert "not_tried" in finished.verdicts
    assert staging.list_remaining_skus() == []
    assert staging.list_remaining_accounts() == []
    orders = staging.shop.state.orders.by_id
    placed = [order for order_id, order in orders.items() if order_id not in before]
    assert {order.state for order in placed} <= {"canceled"}
    assert len(placed) == at.startswith(("guest with a bag: order found", "customer"))


def test_repeated_ctrl_c_does_not_stop_the_cleanup(staging: StagingShop) -> None:
    finished = staging.interrupt("customer: transferred", times=20)
    assert finished.code == 130
    assert "Interrupted; everything was cleaned up." in finished.out
    assert staging.list_remaining_skus() == []
    assert staging.list_remaining_accounts() == []
