"""What `/metrics` says of the state: stages, reconciliation, readiness, pause."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from handoff import __version__
from handoff.ledger.stage_counts import HandoffMetrics
from handoff.operations.metric_collectors import HandoffCollector
from handoff.problems import LedgerUnavailable
from tests.conftest import MakeApp, Poq, use_link
from tests.operations.test_worker_metrics import read_samples
from tests.running_servers import RunningShop

RIGHT_TO_READ_ORDERS: dict[str, Any] = {
    "magento_admin_username": "admin",
    "magento_admin_password": SecretStr("Admin123!"),
}


def read_metrics(make_app: MakeApp, name: str, **settings: Any) -> dict[tuple[str, ...], float]:
    text = make_app(metrics=True, **settings).test_client().get("/metrics").text
    return read_samples(text, name)


def test_handoffs_are_counted_by_the_stages_that_they_have_reached(make_app: MakeApp) -> None:
    app = make_app()
    poq = Poq(app.test_client())
    assert use_link(app.test_client(), poq.request_link(reference="1")).status_code == 303
    poq.request_link(reference="2")
    assert read_metrics(make_app, "handoff_handoffs") == {
        ("issued",): 2,
        ("opened",): 1,
        ("session_written",): 1,
        ("ordered",): 0,
    }


def test_without_the_right_to_read_orders_nothing_waits_for_reconciliation(
    make_app: MakeApp,
) -> None:
    name = "handoff_oldest_unreconciled_seconds"
    assert read_metrics(make_app, name) == {}
    assert read_metrics(make_app, name, **RIGHT_TO_READ_ORDERS) == {(): 0}


class CountingReader:
    """Counts its calls, and fails if it is told to."""

    def __init__(self) -> None:
        self.reads = 0
        self.is_failing = False

    def __call__(self) -> HandoffMetrics:
        self.reads += 1
        if self.is_failing:
            raise LedgerUnavailable
        return HandoffMetrics({"issued": self.reads}, 1.0)


def test_the_ledger_is_read_once_in_ten_seconds() -> None:
    reader, seconds = CountingReader(), [100.0]
    collector = HandoffCollector(reader, reconciles=True, elapsed=lambda: seconds[0])

    def count_samples() -> int:
        return sum(len(metric.samples) for metric in collector.collect())

    assert [count_samples(), count_samples(), reader.reads] == [2, 2, 1]
    reader.is_failing = True
    for passed, samples, reads in ((9.9, 2, 1), (0.2, 0, 2), (0, 0, 2)):
        seconds[0] += passed
        assert (count_samples(), reader.reads) == (samples, reads)


def test_metrics_answer_without_ledger_and_session_store(
    make_app: MakeApp, shop: RunningShop, tmp_path: Path
) -> None:
    client = make_app(metrics=True).test_client()
    with sqlite3.connect(tmp_path / "handoff.db") as connection:
        connection.execute("ALTER TABLE handoff RENAME TO gone")
    shutil.rmtree(shop.sessions)
    answer = client.get("/metrics")
    assert answer.status_code == 200
    ready = read_samples(answer.text, "handoff_ready")
    assert ready == {("ledger",): 0, ("session_store",): 0}
    assert read_samples(answer.text, "handoff_handoffs") == {}


def test_metrics_say_what_is_ready_and_which_version_runs(make_app: MakeApp) -> None:
    assert read_metrics(make_app, "handoff_ready", **RIGHT_TO_READ_ORDERS) == {
        ("admin_login",): 1,
        ("ledger",): 1,
        ("session_store",): 1,
    }
    assert read_metrics(make_app, "handoff_info") == {(__version__,): 1}


def test_metrics_say_whether_the_service_is_paused(make_app: MakeApp) -> None:
    paused = [read_metrics(make_app, "handoff_paused", paused=each) for each in (False, True)]
    assert paused == [{(): 0}, {(): 1}]
