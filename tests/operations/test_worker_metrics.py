"""`/metrics` counts the requests of all workers, and shows no URL and no key."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest
import requests
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from handoff.concurrency_limit import ConcurrencyLimit
from handoff.problems import Busy
from handoff.worker_metrics import WorkerMetrics
from tests.conftest import MakeApp, Poq, use_link
from tests.running_servers import RunningShop, running_service
from tests.service_calls import create_environment


def read_samples(text: str, name: str) -> dict[tuple[str, ...], float]:
    """Return the samples of a metric by the values of their labels, in order of their names."""
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


def test_metrics_are_off_by_default_and_on_with_the_setting(make_app: MakeApp) -> None:
    assert make_app().test_client().get("/metrics").status_code == 404
    assert make_app(metrics=True).test_client().get("/metrics").status_code == 200


def test_requests_are_counted_by_rule_status_and_code_and_never_by_url(
    make_app: MakeApp,
) -> None:
    app = make_app(metrics=True)
    poq, phone = Poq(app.test_client()), app.test_client()
    link = poq.request_link()
    poq.transfer("{}", key="a-wrong-key")
    phone.get("/h/wrong")
    phone.get("/h/another")
    assert use_link(phone, link).status_code == 303
    phone.open("/nowhere-at-all", method="PROPFIND")
    text = phone.get("/metrics").text
    # code, rule, status
    assert read_samples(text, "handoff_requests_total") == {
        ("", "/api/cart-transfer", "200"): 1,
        ("key_rejected", "/api/cart-transfer", "401"): 1,
        ("unknown", "/h/<token>", "404"): 2,
        ("", "/h/<token>", "200"): 1,
        ("", "/h/<token>", "303"): 1,
        ("no_page", "(none)", "404"): 1,
    }
    assert read_samples(text, "handoff_request_seconds_count")[("/h/<token>",)] == 4
    for word in (link.rpartition("/")[2], "nowhere-at-all", "PROPFIND", "a-wrong-key"):
        assert word not in text


def test_calls_to_the_shop_are_timed_by_call_and_status_without_ids(
    make_app: MakeApp, shop: RunningShop
) -> None:
    client = make_app(metrics=True).test_client()
    masked_id = shop.create_guest_quote(("ITEM-01", 1))
    assert Poq(client).transfer({"quote_id": masked_id}).status_code == 200
    assert Poq(client).transfer({"quote_id": "a" * 32}).status_code == 404
    text = client.get("/metrics").text
    calls = read_samples(text, "handoff_shop_call_seconds_count")
    assert calls[("GET guest-carts/*", "200")] >= 1
    assert calls[("GET guest-carts/*", "404")] == 1
    assert calls[("page", "200")] >= 1
    assert masked_id not in text
    assert "a" * 32 not in text


def test_a_shop_that_does_not_answer_is_a_status_of_its_own(make_app: MakeApp) -> None:
    client = make_app(metrics=True, magento_url="http://127.0.0.1:9").test_client()
    assert Poq(client).transfer_bag(("ITEM-01", 1)).status_code == 503
    calls = read_samples(client.get("/metrics").text, "handoff_shop_call_seconds_count")
    assert {status for _, status in calls} == {"refused"}


def test_a_status_that_http_does_not_know_adds_one_series_only() -> None:
    metrics = WorkerMetrics()
    for status in range(600, 900):
        metrics.observe_shop_call("graphql", status, 0.1)
    text = generate_latest(metrics.registry).decode()
    assert read_samples(text, "handoff_shop_call_seconds_count") == {("graphql", "other"): 300}


def test_preflights_are_counted_by_their_result(make_app: MakeApp, shop: RunningShop) -> None:
    client = make_app(metrics=True, checkout_preflight="remember").test_client()
    poq = Poq(client)
    for reference in "123":
        poq.request_link(reference=reference)
    shop.state.rules.one_page_checkout = False
    masked_id = shop.create_guest_quote(("ITEM-01", 1))
    assert poq.transfer({"quote_id": masked_id}).status_code == 409
    results = read_samples(client.get("/metrics").text, "handoff_checkout_preflights_total")
    assert results == {("accepted",): 1, ("remembered",): 2, ("checkout_off",): 1}


def test_a_concurrency_limit_shows_its_slots_those_in_use_and_refusals() -> None:
    metrics = WorkerMetrics()
    limit = ConcurrencyLimit(1, "transfers", metrics)

    def read() -> list[dict[tuple[str, ...], float]]:
        text = generate_latest(metrics.registry).decode()
        names = ("slots", "slots_in_use", "refusals_total")
        return [read_samples(text, f"handoff_concurrency_{name}") for name in names]

    key = ("transfers",)
    assert read() == [{key: 1}, {key: 0}, {key: 0}]
    with limit.acquire_slot(0):
        with pytest.raises(Busy), limit.acquire_slot(0):
            pass
        assert read() == [{key: 1}, {key: 1}, {key: 1}]
    assert read() == [{key: 1}, {key: 0}, {key: 1}]


def test_warnings_and_errors_of_the_log_are_counted_by_event(
    make_app: MakeApp, shop: RunningShop
) -> None:
    client = make_app(metrics=True).test_client()
    poq = Poq(client)
    poq.transfer("{}", key="a-wrong-key")
    link = poq.request_link()
    shutil.rmtree(shop.sessions)
    use_link(client, link)
    logging.getLogger("a.library").error("A text with 12345")
    events = read_samples(client.get("/metrics").text, "handoff_log_events_total")
    assert events[("key_rejected", "warning")] == 1
    assert events[("session_store_unavailable", "error")] >= 1
    assert not any("12345" in event for event, _ in events)


@pytest.mark.processes
def test_the_numbers_are_those_of_all_workers_and_no_files_are_left(
    shop: RunningShop, tmp_path: Path
) -> None:
    environment = create_environment(
        shop,
        tmp_path,
        HANDOFF_METRICS="true",
        TMPDIR=str(tmp_path),
        HANDOFF_REFUSALS_PER_MINUTE="0",
    )
    with running_service(environment, tmp_path, workers=3) as service:
        for _ in range(60):
            requests.get(f"{service.url}/h/wrong", timeout=10)
        shown = [requests.get(f"{service.url}/metrics", timeout=10).text for _ in range(12)]
        wrong = ("unknown", "/h/<token>", "404")
        assert {read_samples(text, "handoff_requests_total")[wrong] for text in shown} == {60}
        slots = {read_samples(text, "handoff_concurrency_slots")[("transfers",)] for text in shown}
        assert slots == {3 * 12}
        files = list(tmp_path.glob("handoff-metrics-*/*.db"))
        assert len(files) > 2
        for file in files:  # written through memory: without room on a full disk that is a SIGBUS
            assert file.stat().st_blocks * 512 >= file.stat().st_size
    assert list(tmp_path.glob("handoff-metrics-*")) == []


@pytest.mark.processes
def test_the_service_works_if_the_metrics_cannot_be_written(
    shop: RunningShop, tmp_path: Path
) -> None:
    environment = create_environment(
        shop,
        tmp_path,
        HANDOFF_METRICS="true",
        PROMETHEUS_MULTIPROC_DIR=str(tmp_path / "nowhere"),
    )
    with running_service(environment, tmp_path) as service:
        answer = requests.get(f"{service.url}/h/wrong", timeout=10)
        assert answer.status_code == 404
        assert "metrics_disabled" in service.log.read_text()
        assert "handoff_paused 0.0" in requests.get(f"{service.url}/metrics", timeout=10).text
