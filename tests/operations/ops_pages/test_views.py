"""What the ops pages show: searches, a transfer as a whole, and the overview."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr

from handoff.ledger.search_repository import SearchRepository
from handoff.ledger.stage_counts import StageCounts
from handoff.ledger.webhook_outbox_writer import WebhookOutboxWriter
from handoff.operations.ops_pages.funnel_chart import build_funnel_chart
from handoff.operations.ops_pages.search_log import classify_query
from handoff.operations.ops_pages.views import MAX_SHOWN_TRANSFERS
from handoff.problems import LedgerUnavailable
from handoff.settings.webhook_settings import WebhookSecret
from handoff.support_code import build_support_code
from handoff.time_and_order_json import format_time
from handoff.timeline_texts import format_moment
from handoff.webhooks.delivery_repository import DeliveryRepository
from tests.conftest import Poq
from tests.logs import CapturedLog
from tests.operations.ops_pages.conftest import MakeOpsApp, sign_in
from tests.reconciliation.scenario import Scenario
from tests.running_servers import RunningShop

UUID = "9f1c2a5e-7d34-4c1b-8f0e-2f6d9f0c1a77"


def read_text(page: str) -> str:
    """Return the visible text of a page, with single blanks."""
    body = page.partition("<main>")[2]
    return " ".join(unescape(re.sub("<[^>]+>", " ", body)).split())


def search(desk: FlaskClient, text: str) -> str:
    answer = desk.get("/ops/", query_string={"q": text})
    assert answer.status_code == 200
    return read_text(answer.text)


@pytest.fixture
def ordered(scenario: Scenario) -> Scenario:
    """A transfer whose quote was changed in checkout and ordered."""
    masked_id = scenario.transfer_quote(UUID, ("ITEM-01", 1))
    item = {"cartItem": {"sku": "ITEM-02", "qty": 3}}
    scenario.shop.call_rest("POST", f"guest-carts/{masked_id}/items", body=item)
    scenario.order(masked_id)
    return scenario


def find_handoff_id(scenario: Scenario, reference: str) -> str:
    return SearchRepository(scenario.database).find_by_text(reference)[0].handoffs[-1].id


def name_reference(scenario: Scenario) -> str:
    return f" {UUID.replace('-', '').upper()} "


def name_order(scenario: Scenario) -> str:
    return "#000000001"


def name_quote(scenario: Scenario) -> str:
    [found] = SearchRepository(scenario.database).find_by_text(UUID)
    return str(found.handoffs[0].quote_number)


def name_support_code(scenario: Scenario) -> str:
    code = build_support_code({"handoff": find_handoff_id(scenario, UUID)})
    return str(code).lower().replace("-", " ")


def name_handoff(scenario: Scenario) -> str:
    return find_handoff_id(scenario, UUID)


@pytest.mark.parametrize(
    "write", [name_reference, name_order, name_quote, name_support_code, name_handoff]
)
def test_anything_that_leads_to_a_transfer_finds_it(
    ordered: Scenario, desk: FlaskClient, write: Callable[[Scenario], str]
) -> None:
    ordered.reconcile_due()
    text = search(desk, write(ordered))
    assert "1 transfer found" in text
    assert f"Reference {UUID} ordered" in text


def test_the_order_beside_the_bag_with_its_differences(
    ordered: Scenario, desk: FlaskClient
) -> None:
    ordered.reconcile_due()
    text = search(desk, UUID)
    assert "Ordered: 000000001. The order differs from the bag." in text
    assert "Sku Bag Order Difference ITEM-01 1 1 none ITEM-02 0 3 not in the bag" in text
    for event in ("transferred", "opened", "session written", "ordered 000000001, new"):
        assert event in text
    assert "by poq, a guest's quote, 1 item, quote" in text


def test_the_last_page_of_a_link(scenario: Scenario, desk: FlaskClient) -> None:
    scenario.transfer_bag("r")
    assert scenario.app.test_client().get(scenario.links["r"]).status_code == 410
    text = search(desk, "r")
    assert "Last page shown for this link This link has already been used" in text
    assert "The shopper got into checkout. No order is known." in text


def test_a_refused_transfer_says_why(scenario: Scenario, desk: FlaskClient) -> None:
    Poq(scenario.app.test_client()).transfer_bag(("ITEM-99", 1), reference="refused-one")
    text = search(desk, "refused-one")
    assert "The last transfer was refused, so there was no link:" in text
    assert "lines_refused ITEM-99" in text
    overview = read_text(desk.get("/ops/").text)
    assert "lines_refused ITEM-99 refused-one" in overview
    Poq(scenario.app.test_client()).transfer_bag(("ITEM-98", 1), reference="refused-one")
    text = search(desk, "refused-one")
    assert "Last refused transfers" in text
    assert text.index("lines_refused ITEM-98") < text.index("lines_refused ITEM-99")


def test_all_matches_are_shown_and_at_most_twenty(scenario: Scenario, desk: FlaskClient) -> None:
    references = ["1-23", "12-3", "123"]
    for reference in references:
        scenario.transfer_bag(reference, opened=False)
    text = search(desk, "123")
    assert "3 transfers found" in text
    assert all(f"Reference {reference} issued" in text for reference in references)
    poq = Poq(scenario.app.test_client())
    spellings = [f"{'-' * number}abc" for number in range(MAX_SHOWN_TRANSFERS + 2)]
    for reference in spellings:
        assert poq.transfer_bag(("ITEM-01", 1), reference=reference).status_code == 200
    text = search(desk, "abc")
    assert f"{len(spellings)} transfers found" in text
    assert text.count(" issued ") == MAX_SHOWN_TRANSFERS


def test_a_link_leads_to_its_handoff_and_does_not_stay_in_the_address(
    scenario: Scenario, desk: FlaskClient, ops: FlaskClient, make_ops_app: MakeOpsApp
) -> None:
    scenario.transfer_bag("r", opened=False)
    link = f"https://www.shop.example{scenario.links['r']}?utm=1"
    handoff_id = find_handoff_id(scenario, "r")
    signature = scenario.links["r"].rpartition(".")[2]
    answer = desk.get("/ops/", query_string={"q": link})
    assert (answer.status_code, answer.location) == (303, f"/ops/?q={handoff_id}")
    stranger = make_ops_app().test_client()
    answer = stranger.get("/ops/", query_string={"q": link})
    assert answer.location == f"/ops/login?q={handoff_id}"
    page = desk.get(f"/ops/?q={handoff_id}").text
    assert signature not in page
    assert "Reference r issued" in read_text(page)


HOSTILE_TEXTS = (
    "%",
    "_",
    "%%%%%%%%",
    "________",
    "\x00",
    "a\x00b",
    "\r\nX-Evil: 1",
    "\x1b[31m",
    "\udcff",
    '1", "state',
    "' OR '1'='1",
    "9" * 5000,
    "x" * 1_000_000,
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}",
    "\u0660\u0660\u0661",
)


def test_hostile_texts_find_nothing_and_stay_text(ordered: Scenario, desk: FlaskClient) -> None:
    ordered.reconcile_due()
    for text in HOSTILE_TEXTS:
        answer = desk.get("/ops/", query_string={"q": text.encode("utf-8", "surrogateescape")})
        assert answer.status_code == 200, ascii(text[:12])
        assert "Nothing matches" in answer.text, ascii(text[:12])
        assert "<script" not in answer.text
        assert "<img" not in answer.text
        assert "X-Evil" not in answer.headers
        assert len(answer.data) < 10_000


def test_a_search_without_matches_says_what_can_be_searched_for(
    desk: FlaskClient, scenario: Scenario
) -> None:
    scenario.transfer_bag("r", opened=False)
    page = desk.get("/ops/?q=shopper%40example.com").text
    assert "Nothing matches" in page
    assert "names, e-mail addresses and telephone numbers lead to nothing" in page
    assert "support code, compare" not in page
    assert "If 7K3M-9QX2 is a support code, compare each char" in desk.get("/ops/?q=7k3m9qx2").text


def test_the_number_of_an_order_does_not_find_a_quote_with_the_same_value(
    desk: FlaskClient, scenario: Scenario
) -> None:
    scenario.transfer_bag("r", opened=False)
    assert "1 transfer found" in desk.get("/ops/?q=1").text
    assert "Nothing matches" in desk.get("/ops/?q=000000001").text


def test_markup_in_a_reference_or_a_sku_stays_text(scenario: Scenario, desk: FlaskClient) -> None:
    Poq(scenario.app.test_client()).transfer_bag(("<b>sku</b>", 1), reference="<i>r</i>")
    for path in ("/ops/", "/ops/?q=%3Ci%3Er%3C/i%3E"):
        page = desk.get(path).text
        assert "<b>sku" not in page
        assert "<i>" not in page
        assert "&lt;i&gt;r&lt;/i&gt;" in page


def test_a_record_that_cannot_be_read_breaks_no_page(ordered: Scenario, desk: FlaskClient) -> None:
    Poq(ordered.app.test_client()).transfer_bag(("ITEM-99", 1), reference="broken")
    with ordered.database.open_migration_transaction() as connection:
        connection.exec_driver_sql("UPDATE handoff SET bag = 'x', issued_at = 'y'")
        connection.exec_driver_sql("UPDATE refused_transfer SET skus = '{'")
    handoff_id = ordered.links[UUID].removeprefix("/h/").partition(".")[0]
    for text in (UUID, handoff_id):
        found = search(desk, text)
        assert f"The ledger's record {handoff_id} cannot be read: bag, issued_at." in found
        assert "Nothing else matches" in found
    assert "broken cannot be read: skus" in search(desk, "broken")
    assert desk.get("/ops/").status_code == 200
    asked = desk.post(f"/ops/compare/{handoff_id}")
    assert asked.location.endswith("shop=record_unreadable")


def test_no_page_has_a_link_or_says_who_the_customer_is(
    scenario: Scenario, desk: FlaskClient, shop: RunningShop
) -> None:
    token = shop.log_in_customer()
    number = shop.fill_customer_quote(token, ("ITEM-01", 1))
    scenario.transfer_existing_quote("c", {"quote_id": number, "token_id": token})
    page = desk.get("/ops/?q=c").text
    assert "a customer&#39;s quote" in page
    secrets = (token, scenario.links["c"].removeprefix("/h/"), "/h/", "@", "customer_id")
    assert [secret for secret in secrets if str(secret) in page] == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (UUID, "uuid"),
        (UUID.replace("-", "").upper(), "uuid"),
        ("000000001", "number"),
        ("#000000001", "number"),
        ("7k3m 9qx2", "support_code"),
        ("A" * 22, "handoff"),
        ("4111111111111111", "text"),
        ("Schneide", "text"),
        ("jane@shop.example", "text"),
        (f"https://www.shop.example/h/{'A' * 22}.{'B' * 43}", "link"),
    ],
)
def test_a_search_is_logged_with_its_text_only_if_that_is_harmless(
    desk: FlaskClient, captured_log: CapturedLog, text: str, kind: str
) -> None:
    captured_log.read_lines()
    desk.get("/ops/", query_string={"q": text})
    [line] = captured_log.read_lines("ops_search")
    assert (line["kind"], classify_query(text)) == (kind, kind)
    assert line.get("query") == (None if kind in ("text", "link") else text)
    assert not {"found", "count", "result"} & line.keys()


def test_the_shop_is_asked_only_by_the_button(ordered: Scenario, desk: FlaskClient) -> None:
    assert "The shopper got into checkout. No order is known." in search(desk, UUID)
    handoff_id = find_handoff_id(ordered, UUID)
    asked = desk.post(f"/ops/compare/{handoff_id}")
    assert (asked.status_code, asked.location) == (303, f"/ops/?q={handoff_id}&shop=compared")
    text = read_text(desk.get(asked.location).text)
    assert "The shop was asked just now." in text
    assert "Ordered: 000000001. The order differs from the bag." in text


def test_without_the_right_there_is_no_button(scenario: Scenario, make_ops_app: MakeOpsApp) -> None:
    scenario.transfer_bag("r")
    client = make_ops_app(magento_admin_username=None, magento_admin_password=None).test_client()
    sign_in(client)
    assert "Ask the shop" not in search(client, "r")
    asked = client.post(f"/ops/compare/{find_handoff_id(scenario, 'r')}")
    assert asked.location.endswith("shop=no_right")
    assert "Handoff may not read the shop" in read_text(client.get("/ops/").text)


def test_a_shop_that_does_not_answer_is_told(scenario: Scenario, make_ops_app: MakeOpsApp) -> None:
    scenario.transfer_bag("r")
    client = make_ops_app(magento_url="http://127.0.0.1:9").test_client()
    sign_in(client)
    asked = client.post(f"/ops/compare/{find_handoff_id(scenario, 'r')}")
    assert asked.location.endswith("shop=shop_unavailable")
    assert "The shop did not answer" in read_text(client.get(asked.location).text)
    assert "Fails Shop" in read_text(client.get("/ops/").text)


@pytest.mark.parametrize("handoff_id", ["x", "A" * 21, "..%2f", "%00" * 22, "A" * 5000])
def test_an_id_that_is_none_is_not_searched(desk: FlaskClient, handoff_id: str) -> None:
    assert desk.post(f"/ops/compare/{handoff_id}").status_code == 404


def test_an_unknown_answer_of_the_shop_is_not_shown(scenario: Scenario, desk: FlaskClient) -> None:
    scenario.transfer_bag("r")
    page = desk.get("/ops/?q=r&shop=evil-text").text
    assert "evil-text" not in page


def test_the_overview_counts_today_and_thirty_days(
    ordered: Scenario, make_ops_app: MakeOpsApp
) -> None:
    ordered.clock.advance(seconds=24 * 3600)
    ordered.transfer_bag("opened")
    ordered.transfer_bag("issued", opened=False)
    ordered.reconcile_due()
    client = make_ops_app().test_client()
    sign_in(client)
    page = client.get("/ops/").text
    text = read_text(page)
    today, month = (text.partition(f"{title} Links given out ")[2] for title in ("Today", "days"))
    assert today.startswith("2 100 % Opened 1 50 % In checkout 1 50 % Ordered 0 0 %")
    assert month.startswith("3 100 % Opened 2 67 % In checkout 2 67 % Ordered 1 33 %")
    assert text.count(" Nov ") + text.count(" Jan ") + text.count(" Dec ") >= 30
    assert page.count('<rect class="ordered"') >= 3


def test_the_state_of_all_parts_and_the_versions(desk: FlaskClient) -> None:
    text = read_text(desk.get("/ops/").text)
    for part in ("OK Shop", "OK Session store", "OK Ledger", "OK Orders", "Note Webhooks"):
        assert part in text
    versions = r"Versions Handoff \d+\.\d+\.\d+ Python 3\.\d+\.\d+ Ledger \d{4} Magento"
    assert re.search(versions, text)


def test_a_session_store_that_is_down_is_told(make_ops_app: MakeOpsApp) -> None:
    client = make_ops_app(session_store=SecretStr("redis://127.0.0.1:9/0")).test_client()
    sign_in(client)
    assert "Fails Session store" in read_text(client.get("/ops/").text)


def test_a_ledger_that_is_down_is_told_to_those_who_are_signed_in(
    desk: FlaskClient, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any, **_options: Any) -> None:
        raise LedgerUnavailable("down")

    monkeypatch.setattr(scenario.database, "write", fail)
    monkeypatch.setattr(scenario.database, "open_read_connection", fail)
    answer = desk.get("/ops/")
    assert answer.status_code == 200
    text = read_text(answer.text)
    assert "The ledger cannot be read" in text
    assert "Fails Ledger" in text
    assert desk.get("/ops/?q=r").status_code == 503


def test_a_webhook_that_waits_says_why_and_when_it_is_sent_again(
    scenario: Scenario, desk: FlaskClient
) -> None:
    scenario.transfer_bag("r", opened=False)
    outbox, deliveries = WebhookOutboxWriter(["receiver"]), DeliveryRepository(scenario.database)
    [issued] = SearchRepository(scenario.database).find_by_text("r")[0].handoffs
    scenario.database.write(lambda connection: outbox.add_opened_event(connection, issued))
    now = format_moment(format_time(scenario.clock.now))
    due = f"Webhook waiting handoff.opened to receiv, next due {now}"
    assert due.lower() in search(desk, "r").lower()
    [event] = deliveries.find_due("receiver")
    deliveries.postpone(event, "It answers 500.")
    next_due = format_moment(format_time(scenario.clock.now + 5_000))
    text = f"1 failed attempt, last {now}: It answers 500, next due {next_due}"
    assert text in search(desk, "r")


def test_a_paused_service_and_late_webhooks_are_told(
    scenario: Scenario, make_ops_app: MakeOpsApp
) -> None:
    changes = {
        "paused": True,
        "webhook_url": (SecretStr("https://hooks.shop.example/x"),),
        "webhook_secret": (WebhookSecret(SecretStr("whsec_" + "A" * 44)),),
    }
    client = make_ops_app(**changes).test_client()
    sign_in(client)
    text = read_text(client.get("/ops/").text)
    assert "Note Service Everyone is asked to come back later" in text
    assert "OK Webhooks" in text


@pytest.mark.parametrize("counts", [[0] * 30, [1] * 30, [*range(30)], [99_999] * 30])
def test_no_bar_leaves_the_chart(counts: list[int]) -> None:
    days = [StageCounts(0, count, count, count, count // 2) for count in counts]
    chart = build_funnel_chart(days)
    assert chart.top >= max(2, *counts)
    assert chart.top % 2 == 0
    for bar in chart.bars:
        assert 0 <= bar.x
        assert bar.x + bar.width <= 720
        assert 0 <= bar.y
        assert bar.y + bar.height <= 180.01
