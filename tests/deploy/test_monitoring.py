"""Prometheus accepts the alerts, they fire as they should, and all that they name exists."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import MakeApp
from tests.nginx_server import CONF
from tests.running_servers import require_program

ALERTS = CONF.with_name("prometheus-alerts.yml")
UNIT_TESTS = Path(__file__).with_name("prometheus-alerts.test.yml")
DASHBOARD = CONF.with_name("grafana-dashboard.json")
RUNBOOK = CONF.parents[1] / "running.md"

_SUFFIX = re.compile(r"_(total|bucket|count|sum)$")


def run_promtool(*arguments: str | Path) -> None:
    result = subprocess.run(
        [require_program("promtool"), *map(str, arguments)], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr


def list_alerts() -> list[str]:
    return re.findall(r"^ +- alert: (\w+)$", ALERTS.read_text("utf-8"), re.MULTILINE)


def list_dashboard_queries() -> list[str]:
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", ())]


def find_metrics(text: str) -> set[str]:
    return {_SUFFIX.sub("", name) for name in re.findall(r"\bhandoff_\w+", text)}


@pytest.mark.processes
def test_prometheus_accepts_the_alerts() -> None:
    run_promtool("check", "rules", ALERTS)


@pytest.mark.processes
def test_each_alert_fires_and_none_does_while_all_is_well() -> None:
    run_promtool("test", "rules", UNIT_TESTS)
    cases = UNIT_TESTS.read_text("utf-8")
    for alert in list_alerts():
        assert re.search(rf"alertname: {alert}\n +eval_time: \w+\n +exp_alerts:\n", cases), alert
        assert f"alertname: {alert}, eval_time: 150m, exp_alerts: []" in cases


@pytest.mark.processes
def test_prometheus_accepts_the_queries_of_the_dashboard(tmp_path: Path) -> None:
    queries = [each.replace("$__rate_interval", "5m") for each in list_dashboard_queries()]
    assert len(queries) > 15
    rules = [{"record": f"query:{number}", "expr": expr} for number, expr in enumerate(queries)]
    file = tmp_path / "queries.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    run_promtool("check", "rules", file)


def test_alerts_and_dashboard_name_metrics_that_the_service_has(make_app: MakeApp) -> None:
    text = make_app(metrics=True, direct_entry=True).test_client().get("/metrics").text
    metrics = find_metrics(" ".join(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE)))
    named = find_metrics(" ".join([ALERTS.read_text("utf-8"), *list_dashboard_queries()]))
    assert len(named) > 10
    assert named - metrics == set()


def test_each_panel_of_the_dashboard_has_an_id_and_a_title_of_its_own() -> None:
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    for field in ("id", "title"):
        assert len({panel[field] for panel in panels}) == len(panels)


def test_the_runbook_names_each_alert_once() -> None:
    section = RUNBOOK.read_text("utf-8").partition("\n## Runbook\n")[2].partition("\n## ")[0]
    assert sorted(re.findall(r"`(Handoff[A-Za-z]+)`", section)) == sorted(list_alerts())
