"""The demo's phone over HTTP: it shows what the services and the shop did."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from handoff_sandbox.phone import create_phone
from handoff_sandbox.phone.call_log import shorten_credentials
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from tests.conftest import KEY
from tests.running_servers import RunningShop, running_service, running_shop
from tests.service_calls import create_environment
from tests.webhooks.receiver_server import SECRET as WEBHOOK_SECRET

Event = dict[str, Any]
STYLES = pytest.mark.parametrize("style", ["url", "form"])


@dataclass(frozen=True, slots=True)
class PhoneServer:
    """The phone's server and its shop. Every checkout has a reference of its own."""

    client: FlaskClient
    shop: RunningShop

    def check_out(self, reference: str, **changes: Any) -> list[Event]:
        bag = {"ITEM-03": 2, "ITEM-18": 1}
        tap = {"bag": bag, "shopper": "guest", "kind": "bag", "style": "url"}
        return read_events(
            self.client.post("/checkout", json={**tap, "reference": reference, **changes})
        )

    def request_link(self, reference: str, **changes: Any) -> Event:
        return find_instruction(self.check_out(reference, **changes))

    def send_visitor(self, visitor: str, link: Event) -> list[Event]:
        return read_events(self.client.post(f"/visitors/{visitor}", json=link))

    def read_openings(self, link: Event, seen: int = 0) -> list[Event]:
        answer = self.client.get(f"/openings/{link['handoff']}?seen={seen}").get_json()
        calls: list[Event] = answer["calls"]
        assert answer["seen"] == seen + len(calls)
        return calls

    def set_store_away(self, *, away: bool) -> Any:
        return self.client.post("/outages/store", json={"away": away}).get_json()


def read_events(answer: TestResponse) -> list[Event]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def find_instruction(events: list[Event]) -> Event:
    [found] = [event for event in events if event["kind"] == "instruction"]
    return found


def list_statuses(events: list[Event]) -> list[int | None]:
    return [event["status"] for event in events if event["kind"] == "call"]


def list_requests(events: list[Event], target: str) -> list[str]:
    return [event["call"] for event in events if event.get("target") == target]


@pytest.fixture(scope="module")
def phone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PhoneServer]:
    folder = tmp_path_factory.mktemp("phone")
    (folder / "form").mkdir()
    admin = {"MAGENTO_ADMIN_USERNAME": "admin", "MAGENTO_ADMIN_PASSWORD": "Admin123!"}
    with running_shop(folder / "sessions") as shop:
        settings = create_environment(
            shop, folder, **{f"HANDOFF_{name}": value for name, value in admin.items()}
        )
        as_forms = {**settings, "HANDOFF_INSTRUCTION": "form"}
        with (
            running_service(settings, folder, workers=1) as by_url,
            running_service(as_forms, folder / "form", workers=1) as by_form,
        ):
            app = create_phone(
                by_url.url,
                shop.url,
                KEY,
                form_service_url=by_form.url,
                link_ttl=300,
                logs=(by_url.log, by_form.log),
                sessions=shop.sessions,
                webhook_secret=WEBHOOK_SECRET,
            )
            yield PhoneServer(app.test_client(), shop)


@pytest.mark.processes
def test_the_page_explains_cart_transfer_and_offers_the_products(
    phone: PhoneServer,
) -> None:
    page = phone.client.get("/").text
    assert re.search(r"<h1>Handoff takes the bag .* works&nbsp;once\.</h1>", page)
    assert page.count("<li data-sku=") == 22
    assert "Lab item" not in page
    for picture in set(re.findall(r'src="(/pictures/[^"]+)"', page)):
        with phone.client.get(picture) as answer:
            assert answer.mimetype == "image/svg+xml"


@pytest.mark.processes
@pytest.mark.parametrize("path", ["/", "/opening"])
def test_pages_have_no_inline_code_and_do_not_contain_the_key(
    phone: PhoneServer, path: str
) -> None:
    answer = phone.client.get(path)
    assert re.findall(r"<script(?![^>]* src=)|<style| style=", answer.text) == []
    assert re.findall(r'(?:src|href)="(?!/|#)', answer.text) == []
    assert KEY not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.processes
@STYLES
def test_a_bag_becomes_an_instruction_of_the_chosen_style(phone: PhoneServer, style: str) -> None:
    events = phone.check_out(f"bag-{style}", style=style)
    assert list_requests(events, "shop") == []
    assert list_requests(events, "service") == ["POST /api/cart-transfer"]
    assert list_statuses(events)[1] == 200
    instruction = find_instruction(events)["instruction"]
    assert instruction["method"] == {"url": "GET", "form": "POST"}[style]
    [transfer] = [event for event in events if event.get("target") == "service"]
    sent = json.loads(transfer["sent"])
    assert sent["items"][0] == {"sku": "ITEM-03", "quantity": 2}
    assert transfer["ms"] > 0


@pytest.mark.processes
def test_a_guests_quote_is_created_in_the_shop_first(phone: PhoneServer) -> None:
    events = phone.check_out("guest-quote", kind="quote")
    assert [call.split()[0] for call in list_requests(events, "shop")] == ["POST"] * 3
    assert list_requests(events, "shop")[0] == "POST /rest/V1/guest-carts"
    assert list_requests(events, "service") == ["POST /api/cart-transfer"]
    assert find_instruction(events)["token"]


@pytest.mark.processes
def test_a_customers_quote_holds_exactly_the_apps_bag(phone: PhoneServer) -> None:
    token = phone.shop.log_in_customer("other@example.com")
    phone.shop.fill_customer_quote(token, ("ITEM-07", 3))
    events = phone.check_out("mine", kind="quote", shopper="olly")
    assert [call.split()[0] for call in list_requests(events, "shop")].count("DELETE") == 1
    held = phone.shop.call_rest("GET", "carts/mine/items", token=token)
    assert [(line["sku"], line["qty"]) for line in held] == [("ITEM-03", 2), ("ITEM-18", 1)]
    assert find_instruction(events)["token"]


@pytest.mark.processes
@STYLES
@pytest.mark.parametrize("shopper", ["guest", "sam"])
def test_credentials_are_shortened(phone: PhoneServer, shopper: str, style: str) -> None:
    events = phone.check_out(f"short-{shopper}-{style}", kind="quote", shopper=shopper, style=style)
    token = find_instruction(events)["token"]
    steps = [event for event in events if event["kind"] != "instruction"]
    shown = json.dumps(steps, ensure_ascii=False)
    assert token not in shown
    assert KEY not in shown
    assert "Shopper123!" not in shown
    assert re.findall(r"eyJ[\w-]{4,}|\b[A-Za-z0-9]{32}\b", shown) == []
    assert "…" in shown


def test_only_credentials_are_shortened() -> None:
    assert (
        shorten_credentials("POST /rest/V1/carts/mine/items/12")
        == "POST /rest/V1/carts/mine/items/12"
    )
    assert shorten_credentials("/h/EAogZOrTab.bQK3") == "/h/EAogZO…"
    assert shorten_credentials("token=EAogZOrTab.bQK3") == "token=EAogZO…"
    assert shorten_credentials("eyJraWQiOiIx.eyJ1aWQ.sig") == "eyJr…"


@pytest.mark.processes
def test_a_line_that_the_shop_refuses_is_named_and_there_is_no_instruction(
    phone: PhoneServer,
) -> None:
    for kind in ("bag", "quote"):
        events = phone.check_out(f"refused-{kind}", kind=kind, bag={"ITEM-01": 1, "ITEM-OOS": 1})
        assert [event["kind"] for event in events[-2:]] == ["note", "refused"]
        assert not events[-2]["succeeded"]
        assert events[-3]["status"] in (400, 422)


@pytest.mark.processes
@STYLES
def test_a_second_phone_is_refused_and_its_page_is_shown(phone: PhoneServer, style: str) -> None:
    link = phone.request_link(f"second-{style}", style=style)
    first = phone.send_visitor("second", link)
    assert list_statuses(first)[-1] == 303
    second = phone.send_visitor("second", link)
    assert list_statuses(second) == [410]
    assert "This link has already been used" in second[-1]["text"]


@pytest.mark.processes
@STYLES
def test_a_preview_bot_does_not_use_the_link(phone: PhoneServer, style: str) -> None:
    link = phone.request_link(f"bot-{style}", style=style)
    looks = [event for event in phone.send_visitor("bot", link) if event["kind"] == "call"]
    assert [look["call"].split()[0] for look in looks] == ["GET", "GET", "GET", "HEAD"]
    assert {look["status"] for look in looks} == {200 if style == "url" else 405}
    assert list_statuses(phone.send_visitor("second", link))[-1] == 303


@pytest.mark.processes
@STYLES
def test_after_the_order_the_page_says_that_it_was_placed(phone: PhoneServer, style: str) -> None:
    link = phone.request_link(f"bought-{style}", style=style)
    events = phone.send_visitor("buyer", link)
    assert [event["text"] for event in events][-1] == "Thank you for your purchase!"
    assert list_statuses(events)[-3:] == [200, 302, 200]
    again = phone.send_visitor("second", link)
    assert "Your order has been placed" in again[-1]["text"]


@pytest.mark.processes
def test_a_changed_bag_supersedes_the_old_link(phone: PhoneServer) -> None:
    old = phone.request_link("changed")
    assert phone.request_link("changed")["token"] == old["token"]
    assert phone.request_link("changed", bag={"ITEM-03": 3})["token"] != old["token"]
    assert "There is a newer link" in phone.send_visitor("second", old)[-1]["text"]


@pytest.mark.processes
def test_openings_are_read_from_the_services_log(phone: PhoneServer) -> None:
    link = phone.request_link("opened")
    assert phone.read_openings(link) == []
    phone.send_visitor("second", link)
    looked, posted = phone.read_openings(link)
    assert (looked["call"], looked["status"]) == ("GET /h/…", 200)
    assert (posted["call"], posted["status"]) == ("POST /h/…", 303)
    phone.send_visitor("second", link)
    [refused] = phone.read_openings(link, seen=2)
    assert refused["text"] == "The page says: “This link has already been used.”"


@pytest.mark.processes
def test_the_session_store_can_go_away_and_come_back(phone: PhoneServer) -> None:
    link = phone.request_link("store")
    assert phone.set_store_away(away=True) == {"store": True, "shop": False}
    try:
        assert phone.client.get("/outages").get_json() == {"store": True, "shop": False}
        assert list_statuses(phone.send_visitor("second", link)) == [200, 503]
    finally:
        assert phone.set_store_away(away=False) == {"store": False, "shop": False}
    assert phone.set_store_away(away=False)["store"] is False
    assert phone.read_openings(link)[-1]["text"].endswith("“The shop cannot be reached right now.”")


@pytest.mark.processes
@pytest.mark.parametrize(
    "change",
    [
        {"kind": "crate"},
        {"style": "pigeon"},
        {"shopper": "eve"},
        {"bag": {"ITEM-01": "1"}},
        {"bag": {"ITEM-99": 1}},
    ],
)
def test_an_invalid_request_is_refused(phone: PhoneServer, change: Event) -> None:
    tap = {"bag": {}, "shopper": "guest", "kind": "bag", "style": "url", "reference": "r"}
    assert phone.client.post("/checkout", json=tap | change).status_code == 400


@pytest.mark.processes
@pytest.mark.parametrize("path", ["/checkout", "/visitors/bot", "/outages/store"])
def test_posts_of_other_sites_are_refused(phone: PhoneServer, path: str) -> None:
    assert phone.client.post(path, data="{}", content_type="text/plain").status_code == 415
    assert phone.client.post(path, json=[]).status_code == 400


@pytest.mark.processes
def test_links_of_other_services_are_refused(phone: PhoneServer) -> None:
    link = {"instruction": {"method": "GET", "url": "http://127.0.0.1:1/h/x"}, "token": "x"}
    assert phone.client.post("/visitors/second", json=link).status_code == 400
    assert (
        phone.client.post("/visitors/stranger", json=phone.request_link("who")).status_code == 404
    )


def test_an_unreachable_server_is_shown(tmp_path: Path) -> None:
    away = "http://127.0.0.1:1"
    phone = create_phone(
        away,
        away,
        KEY,
        form_service_url=away,
        link_ttl=60,
        logs=(),
        sessions=tmp_path,
        webhook_secret=WEBHOOK_SECRET,
    )
    tap = {"bag": {"ITEM-01": 1}, "shopper": "guest", "kind": "bag", "style": "url"}
    events = read_events(phone.test_client().post("/checkout", json={**tap, "reference": "r"}))
    assert events[-1]["text"].startswith("A server of the demo did not answer")


@pytest.mark.processes
def test_a_shop_in_maintenance_refuses_and_comes_back(phone: PhoneServer) -> None:
    try:
        outages = phone.client.post("/outages/shop", json={"away": True}).get_json()
        assert outages == {"store": False, "shop": True}
        events = phone.check_out("down")
        assert list_statuses(events)[-1] == 503
        assert events[-1]["kind"] == "refused"
    finally:
        phone.client.post("/outages/shop", json={"away": False})
    assert find_instruction(phone.check_out("up-again"))


@pytest.mark.processes
def test_an_unknown_outage_is_not_found(phone: PhoneServer) -> None:
    assert phone.client.post("/outages/moon", json={"away": True}).status_code == 404


@pytest.mark.processes
def test_a_webhook_is_shown_once_if_its_signature_is_right(phone: PhoneServer) -> None:
    body = json.dumps({"type": "handoff.opened", "data": {"handoff": "of-a-webhook"}})
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(WEBHOOK_SECRET).sign("msg_1", now, body),
    }
    forged = {**headers, "webhook-signature": "v1,Zm9yZ2Vk"}
    statuses = [
        phone.client.post("/webhook", data=body, headers=sent).status_code
        for sent in (forged, headers, headers)
    ]
    assert statuses == [401, 204, 204]
    [shown] = phone.client.get("/openings/of-a-webhook").get_json()["webhooks"]
    assert shown["text"] == "The webhook says that the link was opened."
