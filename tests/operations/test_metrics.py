"""`/metrics` counts the requests of all workers, and shows no URL and no key."""

from __future__ import annotations

from pathlib import Path

import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import MakeApp, Poq, use_link
from tests.running import RunningShop, running_service
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
    link = poq.link()
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
        files = list(tmp_path.glob("handoff-metrics-*/*.db"))
        assert len(files) > 2
        for file in files:  # written through memory: without room on a full disk that is a SIGBUS
            assert file.stat().st_blocks * 512 >= file.stat().st_size
    assert list(tmp_path.glob("handoff-metrics-*")) == []


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
