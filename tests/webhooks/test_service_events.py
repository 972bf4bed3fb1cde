"""What the service itself writes into the outbox, and what it says of the backlog."""

from __future__ import annotations

import time
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from pydantic import SecretStr

from handoff.ledger.tables import webhook_event
from handoff.settings.webhook_settings import WebhookSecret
from tests.conftest import FakeClock, MakeApp, Poq, use_link
from tests.operations.test_worker_metrics import read_samples
from tests.running_servers import RunningShop
from tests.web_checkout.test_order_reports import place_order
from tests.webhooks.receiver_server import SECRET

URL = "https://hooks.example.com/in?key=a-secret-of-the-address"


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """A service with a webhook and the right to read orders."""
    return make_app(
        metrics=True,
        webhook_url=(SecretStr(URL),),
        webhook_secret=(WebhookSecret(SecretStr(SECRET)),),
        magento_admin_username="admin",
        magento_admin_password=SecretStr("Admin123!"),
    )


def read_types(app: Flask) -> list[str]:
    with app.extensions["handoff.objects"].database.open_read_connection() as connection:
        found = connection.execute(sa.select(webhook_event.c.type).order_by("sequence"))
        return list(found.scalars())


def test_an_opened_link_and_the_order_that_a_page_reports_are_events(
    app: Flask, shop: RunningShop, clock: FakeClock
) -> None:
    poq, web_view = Poq(app.test_client()), app.test_client()
    link = poq.request_link(("ITEM-01", 2))
    assert read_types(app) == []
    for _ in range(2):
        assert use_link(web_view, link).status_code == 303
    assert read_types(app) == ["handoff.opened"]
    page = {"data": {"page": "a" * 32}, "headers": {"Origin": shop.url}}
    web_view.post("/web-checkout/orders", **page)
    assert read_types(app) == ["handoff.opened"]
    place_order(shop)
    for _ in range(3):
        clock.advance(seconds=10)
        web_view.post("/web-checkout/orders", **page)
    assert read_types(app) == ["handoff.opened", "handoff.ordered"]


@pytest.mark.waiting
def test_readyz_and_metrics_say_how_long_events_have_waited(app: Flask, clock: FakeClock) -> None:
    client = app.test_client()
    assert get_webhook_fields(client.get("/readyz").get_json()) == {
        "webhooks": "ok",
        "webhook_delay": 0,
    }
    use_link(app.test_client(), Poq(app.test_client()).request_link())
    clock.advance(seconds=61)
    time.sleep(1)  # /readyz repeats an answer for a second
    answer = client.get("/readyz")
    assert answer.status_code == 200
    fields = get_webhook_fields(answer.get_json())
    assert fields == {"webhooks": "behind", "webhook_delay": 61}
    text = client.get("/metrics").text
    assert list(read_samples(text, "handoff_webhook_waiting_events").values()) == [1]
    assert list(read_samples(text, "handoff_webhook_delay_seconds").values()) == [61]
    assert "hooks.example.com" in text
    assert "a-secret" not in text


def get_webhook_fields(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name.startswith("webhook")}
